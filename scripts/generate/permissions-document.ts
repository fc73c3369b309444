import type { Party } from '@heddle/contracts';
import { table } from './topology-document.ts';
import { exchangeRows, type QueueFacts, queueRows } from './topology-rows.ts';

const SERVICES = ['gateway', 'producer', 'consumer', 'recorder', 'notifier'] as const;

/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/**
 * What a service needs on the broker. Every service declares the shared topology when it connects, and RabbitMQ checks
 * `configure` even when nothing would change; declaring asks for `write` on queues that are bound, on alternate and
 * dead-letter exchanges, and for `read` on the exchanges they are bound to.
 */
export function permissionsOf(service: Party): Permissions {
  const declaredQueues = queueRows.filter((queue) => declares(service, queue));
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  const alternates = exchangeRows.flatMap(({ alternate }) => alternate ?? []);
  const deadLetters = declaredQueues.flatMap(({ deadLetter }) => deadLetter ?? []);
  const boundExchanges = declaredQueues.flatMap(({ bindings }) => bindings.map(({ exchange }) => exchange));
  const withDeadLetter = declaredQueues.filter(({ deadLetter }) => deadLetter);
  return {
    configure: pattern([...names(exchangeRows), ...names(declaredQueues)]),
    write: pattern([...names(published), ...names(declaredQueues), ...alternates, ...deadLetters]),
    read: pattern([
      ...names(consumed),
      ...names(withDeadLetter),
      ...boundExchanges,
      ...exchangeRows.filter(({ alternate }) => alternate).map(({ name }) => name),
    ]),
  };
}

/** Shared queues are declared by all, a process's own by itself, the stream by the recorder alone: it keeps the epoch. */
function declares(service: Party, { name, type, consumers }: QueueFacts): boolean {
  if (type === 'stream') return service === 'recorder';
  return !name.includes('<') || consumers.includes(service);
}

/** What an AMQP client of another language needs to publish jobs. */
const FOREIGN: Permissions = { configure: '^$', write: pattern(['heddle.jobs']), read: '^$' };

export function permissionsDocument(): string {
  const rows = SERVICES.map(dataFlowOf);
  return `<!-- Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit. -->

# Broker permissions

The rights that each service needs in its virtual host, for \`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ\`.
Each service declares the shared topology when it connects, so that none has to start first (the stream
\`heddle.events.log\` is the recorder's alone: it must know when its offsets begin anew); RabbitMQ asks for
\`configure\` on everything that is declared, for \`write\` on queues to bind them, and for \`read\` on the exchanges they are
bound to. No service needs a right on the default exchange.

${table(['service', 'publishes to', 'consumes from'], rows)}
${SERVICES.map((service) => block(service, permissionsOf(service))).join('\n')}
${block('foreign (any AMQP client that only publishes jobs)', FOREIGN)}`;
}

function block(title: string, { configure, write, read }: Permissions): string {
  return `## ${title}\n\n\`\`\`\nconfigure  ${configure}\nwrite      ${write}\nread       ${read}\n\`\`\`\n`;
}

function dataFlowOf(service: Party): string[] {
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  const list = (rows: readonly { name: string }[]) => rows.map(({ name }) => `\`${name}\``).join(', ') || '–';
  return [service, list(published), list(consumed)];
}

function names(rows: readonly { readonly name: string }[]): string[] {
  return rows.map(({ name }) => name);
}

/** An anchored alternation; `<…>` at the end of a name becomes "anything that is not empty". */
function pattern(all: readonly string[]): string {
  const unique = [...new Set(all)].toSorted();
  if (unique.length === 0) return '^$';
  return `^(${unique.map((name) => name.replaceAll('.', '\\.').replace(/<[^>]+>/, '.+')).join('|')})$`;
}
