import { type ExchangeFacts, exchangeRows, identifier, type QueueFacts, queueRows } from './topology-rows.ts';

const HEAD = `<!-- Generated from libs/contracts/src/topology.ts by scripts/generate.mjs. Do not edit. -->

# Topology

What exists on the broker, who publishes, who consumes. \`<…>\` stands for a name that is filled in: a task, or the
instance of a process. Parties: the five services, \`client\` (the TypeScript client library), \`foreign\` (any other AMQP
client), \`operator\` (a person with the broker's console), \`broker\` (RabbitMQ itself, by dead-lettering or as an
alternate exchange).
`;

const QUEUE_TYPES = `Queue types: \`job\` has strict priorities (a quorum queue from RabbitMQ 4.3, a classic queue with \`x-max-priority\`
before); \`quorum\` is replicated; \`stream\` is a log that many read; \`reply\` is exclusive to one connection and gone
with it. All others are durable.
`;

/** The topology in a diagram and four tables, as Markdown. */
export function topologyDocument(): string {
  return [
    HEAD,
    '## Diagram\n',
    `\`\`\`mermaid\n${diagram()}\n\`\`\`\n`,
    'Solid arrows: published and bound. Dotted arrows: what the broker moves by itself.\n',
    '## Exchanges\n',
    table(
      ['exchange', 'type', 'carries', 'routing keys', 'publishers', 'alternate exchange', 'for'],
      exchangeRows.map(exchangeCells),
    ),
    '## Queues\n',
    table(
      ['queue', 'type', 'carries', 'consumers', 'prefetch', 'dead-letter exchange', 'limit', 'for'],
      queueRows.map(queueCells),
    ),
    QUEUE_TYPES,
    'Prefetch `task`: as many as the pool has slots; while runs are short, one more for threads and processes, and what ends in a tenth of a second, at most 1,000 in all, for the event loop.\n',
    '## Bindings\n',
    table(
      ['exchange', 'routing key', 'queue'],
      queueRows.flatMap((queue) =>
        queue.bindings.map(({ exchange, key }) => [code(exchange), code(key), code(queue.name)]),
      ),
    ),
  ].join('\n');
}

function exchangeCells(exchange: ExchangeFacts): string[] {
  return [
    code(exchange.name),
    exchange.type,
    exchange.carries.join(', ') || '–',
    exchange.keys.map(code).join(', ') || '–',
    publishersOf(exchange).join(', '),
    exchange.alternate ? code(exchange.alternate) : '–',
    exchange.about,
  ];
}

function queueCells(queue: QueueFacts): string[] {
  return [
    code(queue.name),
    queue.type,
    queue.carries.join(', ') || '–',
    queue.consumers.join(', '),
    queue.prefetch === undefined ? '–' : String(queue.prefetch),
    queue.deadLetter ? code(queue.deadLetter) : '–',
    queue.maxBytes === undefined ? '–' : bytes(queue.maxBytes),
    queue.about,
  ];
}

function bytes(count: number): string {
  return count < 1024 ** 3 ? `${count / 1024 ** 2} MiB` : `${count / 1024 ** 3} GiB`;
}

/** Who publishes to an exchange, the broker included. */
export function publishersOf(exchange: ExchangeFacts): string[] {
  const byBroker =
    exchangeRows.some((other) => other.alternate === exchange.name) ||
    queueRows.some((queue) => queue.deadLetter === exchange.name);
  return byBroker ? [...exchange.publishers, 'broker'] : [...exchange.publishers];
}

function diagram(): string {
  const publishers = new Set(exchangeRows.flatMap((exchange) => exchange.publishers));
  const consumers = new Set(queueRows.flatMap((queue) => queue.consumers));
  return [
    'flowchart LR',
    ...[...publishers].map((party) => `  from_${party}["${party}"]`),
    ...exchangeRows.map(({ name, type }) => `  x_${identifier(name)}{{"${name}<br/>${type}"}}`),
    ...queueRows.map(({ name, type }) => `  q_${identifier(name)}[("${escapeAngles(name)}<br/>${type}")]`),
    ...[...consumers].map((party) => `  to_${party}["${party}"]`),
    ...exchangeRows.flatMap(({ name, publishers: from }) =>
      from.map((party) => `  from_${party} --> x_${identifier(name)}`),
    ),
    ...queueRows.flatMap((queue) => queue.bindings.map((binding) => bindingArrow(queue, binding))),
    ...queueRows.flatMap(({ name, consumers: to }) =>
      to.map((party) => `  q_${identifier(name)} --> to_${party}`),
    ),
    ...exchangeRows.flatMap(({ name, alternate }) =>
      alternate ? [`  x_${identifier(name)} -. unroutable .-> x_${identifier(alternate)}`] : [],
    ),
    ...queueRows.flatMap(({ name, deadLetter }) =>
      deadLetter ? [`  q_${identifier(name)} -. dead-lettered .-> x_${identifier(deadLetter)}`] : [],
    ),
  ].join('\n');
}

function bindingArrow(queue: QueueFacts, binding: QueueFacts['bindings'][number]): string {
  const label = binding.key === '' ? '' : `|"${escapeAngles(binding.key)}"|`;
  return `  x_${identifier(binding.exchange)} -->${label} q_${identifier(queue.name)}`;
}

/** Mermaid reads labels as HTML. */
function escapeAngles(text: string): string {
  return text.replaceAll('<', '#lt;').replaceAll('>', '#gt;');
}

function code(text: string): string {
  return text === '' ? '(none)' : `\`${text}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}
