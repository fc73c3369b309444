import { type Party, queues, WEBHOOK_TASK } from '@heddle/contracts';
import { table } from './topology-document.ts';
import { type ExchangeFacts, exchangeRows, type QueueFacts, queueRows } from './topology-rows.ts';

export const services = ['gateway', 'producer', 'consumer', 'recorder', 'notifier'] as const;

/** Regular expressions in RabbitMQ's sense: what a user may configure, write and read. */
export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/**
 * What a service needs on the broker. The recorder declares what is shared; the others find it there. To declare a queue RabbitMQ asks for `configure` on it; to bind it, `write` on it and `read` on the
 * exchange; to give it a dead-letter exchange, `read` on it and `write` on that exchange; an alternate exchange likewise.
 */
export function permissionsOf(service: Party): Permissions {
  const declaredQueues = queueRows.filter((queue) => declares(service, queue));
  const declaredExchanges = exchangeRows.filter((exchange) => declaresExchange(service, exchange));
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  // Before a job is laid to rest its task's queue is looked for, and from RabbitMQ 4 on looking asks for some right.
  const laysToRest = published.some(({ name }) => name === 'heddle.delay.<ms>');
  const patternFor = (all: readonly string[]) => pattern(all.map((name) => ownName(service, name)));
  return {
    configure: patternFor([...names(declaredExchanges), ...names(declaredQueues)]),
    write: patternFor([
      ...names(published),
      ...names(declaredQueues),
      ...declaredQueues.flatMap(({ deadLetter }) => deadLetter ?? []),
      ...declaredExchanges.flatMap(({ alternate }) => alternate ?? []),
      ...(laysToRest ? ['heddle.jobs.<task>'] : []),
    ]),
    read: patternFor([
      ...names(consumed),
      ...names(declaredQueues.filter(({ deadLetter }) => deadLetter)),
      ...declaredQueues.flatMap(({ bindings }) => bindings.map(({ exchange }) => exchange)),
      ...names(declaredExchanges.filter(({ alternate }) => alternate)),
    ]),
  };
}

/** A process declares its own queues, a worker both queues of its tasks, the recorder what is shared, and whoever sends jobs to rest the rungs that they rest on. */
function declares(service: Party, { name, type, consumers }: QueueFacts): boolean {
  if (type === 'delay')
    return exchangeRows.some((rung) => rung.name === name && rung.publishers.includes(service));
  if (name === 'heddle.jobs.<task>.suspect')
    return queues['heddle.jobs.<task>'].consumers.some((party) => party === service);
  return name.includes('<') ? consumers.includes(service) : service === 'recorder';
}

function declaresExchange(service: Party, { name, publishers }: ExchangeFacts): boolean {
  return name.includes('<') ? publishers.includes(service) : service === 'recorder';
}

/** The notifier serves one task only. */
function ownName(service: Party, name: string): string {
  return service === 'notifier' ? name.replace('<task>', WEBHOOK_TASK) : name;
}

/** What an AMQP client of another language needs to publish jobs. */
const FOREIGN: Permissions = { configure: '^$', write: pattern(['heddle.jobs']), read: '^$' };

export function permissionsDocument(): string {
  const rows = services.map(dataFlowOf);
  return `<!-- Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit. -->

# Broker permissions

The rights that each service needs in its virtual host, for \`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ\`.
The recorder declares what is shared, so it is started first on an empty virtual host; the others declare their own queues
only, and take for granted what they may not declare and find there (they log \`kept what is on the broker\` for each).
Where every service may do everything, any of them can start first. No service needs a right on the default exchange.

The rungs of the delay ladder (\`heddle.delay.<ms>\`) are made when they are first needed, by whoever needs them, and their messages go on to \`heddle.jobs\`:
hence the rights to configure the former and to write to the latter.

${table(['service', 'publishes to', 'consumes from'], rows)}
${services.map((service) => block(service, permissionsOf(service))).join('\n')}
${block('client (programs with the TypeScript client: `libs/client`, `libs/sync`)', permissionsOf('client'))}
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
