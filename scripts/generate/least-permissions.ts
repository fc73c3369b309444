import { type Party, plannedTopology, WEBHOOK_TASK } from '@heddle/contracts';
import { type Permissions, pattern } from './permission-pattern.ts';
import { exchangeRows, queueRows } from './topology-rows.ts';

/** What a user may publish to a topic exchange, and bind to it, by routing key. */
export interface TopicPermission {
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

/**
 * The least that a service needs where everything was declared beforehand: to write to the exchanges that it publishes to, and to
 * read the queues that it consumes; nothing to configure. `tasks` are those that this consumer serves.
 */
export function leastPermissionsOf(service: Party, tasks: readonly string[]): Permissions {
  const published = exchangeRows.filter(({ publishers }) => publishers.includes(service));
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  // Before a job is laid to rest its task's queue is looked for, and from RabbitMQ 4 on looking asks for some right on it.
  const lookedFor = published.some(({ name }) => name === 'heddle.delay.<ms>') ? ['heddle.jobs.<task>'] : [];
  // So are lanes and partitions, whose jobs are counted with the task's.
  const counted =
    service === 'gateway' || service === 'recorder'
      ? ['heddle.lanes.<lane>', 'heddle.serial.<partition>']
      : [];
  const own = (name: string) => withOwnTasks(service, name, tasks);
  return {
    configure: '^$',
    write: pattern([...published.map(({ name }) => name), ...lookedFor, ...counted].flatMap(own)),
    read: pattern(consumed.map(({ name }) => name).flatMap(own)),
  };
}

/** Workers and the notifier publish jobs to come back to themselves, and no others: on each topic exchange, by routing key. */
export function topicPermissionsOf(service: Party, tasks: readonly string[]): TopicPermission[] {
  const own = ownTasks(service, tasks);
  if (!own) return [];
  const published = new Set<string>(
    exchangeRows
      .filter(({ type, publishers }) => type === 'topic' && publishers.includes(service))
      .map(({ name }) => name),
  );
  const key = pattern(own.flatMap((task) => [task, `${task}.suspect`]));
  const partition = pattern(own.map((task) => `${task}.<partition>`));
  return plannedTopology([])
    .exchanges.filter(
      ({ name }) => published.has(name) || (isRung(name) && published.has('heddle.delay.<ms>')),
    )
    .map(({ name }) => ({
      exchange: name,
      write: name === 'heddle.serial' ? partition : key,
      read: '^$',
    }));
}

function isRung(name: string): boolean {
  return name.startsWith('heddle.delay.');
}

/** Undefined for those who send jobs of any task. */
function ownTasks(service: Party, tasks: readonly string[]): readonly string[] | undefined {
  if (service === 'notifier') return [WEBHOOK_TASK];
  return service === 'consumer' ? tasks : undefined;
}

function withOwnTasks(service: Party, name: string, tasks: readonly string[]): string[] {
  const own = /<(task|partition)>/.test(name) ? ownTasks(service, tasks) : undefined;
  if (!own) return [name];
  return own.map((task) => name.replace('<task>', task).replace('<partition>', `${task}.<partition>`));
}
