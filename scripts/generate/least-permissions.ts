import { type Party, parsePlannedTask, plannedTopology, WEBHOOK_TASK } from '@heddle/contracts';
import { type FillIns, type Permissions, pattern } from './permission-pattern.ts';
import { exchangeRows, queueRows } from './topology-rows.ts';

/** What a user may publish to a topic exchange, and bind to it, by routing key. */
export interface TopicPermission {
  readonly exchange: string;
  readonly write: string;
  readonly read: string;
}

/**
 * The least that a service needs where everything was declared beforehand: to write to the exchanges that it publishes to, and to
 * read the queues that it consumes; nothing to configure. `tasks` are those that this consumer serves, as `plannedText` writes them or
 * by name alone.
 */
export function leastPermissionsOf(service: Party, tasks: readonly string[]): Permissions {
  const published = publishedBy(service);
  const consumed = queueRows.filter(({ consumers }) => consumers.includes(service));
  const own = ownNames(service, tasks);
  return {
    configure: '^$',
    write: pattern([...published.map(({ name }) => name), ...lookedAtBy(service)], own),
    read: pattern(
      consumed.map(({ name }) => name),
      own,
    ),
  };
}

/**
 * Queues that a service looks at and does not consume: from RabbitMQ 4 on that asks for some right. A task's, before a job of it is laid
 * to rest; and lanes and partitions, whose jobs are counted with the task's.
 */
export function lookedAtBy(service: Party): string[] {
  const laysToRest = publishedBy(service).some(({ name }) => name === 'heddle.delay.<ms>');
  const counts = service === 'gateway' || service === 'recorder';
  return [
    ...(laysToRest ? ['heddle.jobs.<task>'] : []),
    ...(counts ? ['heddle.lanes.<lane>', 'heddle.serial.<partition>'] : []),
  ];
}

/** Workers and the notifier publish jobs and tokens of their own tasks, and of no others: on each topic exchange, by routing key. */
export function topicPermissionsOf(service: Party, tasks: readonly string[]): TopicPermission[] {
  const own = ownNames(service, tasks);
  if (!own) return [];
  const topics = publishedBy(service).filter(({ type }) => type === 'topic');
  const { exchanges } = plannedTopology([]);
  return topics.flatMap(({ name, keys }) => {
    const isRung = name === 'heddle.delay.<ms>';
    // A rung takes any key, and gives it to `heddle.jobs`; a token that comes back is the broker's to send.
    const used = isRung ? ['<task>', '<task>.suspect'] : keys.filter((key) => key !== '<limit>');
    const all = isRung
      ? exchanges.filter((exchange) => exchange.name.startsWith('heddle.delay.'))
      : [{ name }];
    return all.map((exchange) => ({
      exchange: exchange.name,
      write: pattern(used, keysOf(own)),
      read: '^$',
    }));
  });
}

/** Spent tokens are put to rest by the broker, because a worker rejects them: that asks for no right. */
function publishedBy(service: Party) {
  return exchangeRows.filter(
    ({ name, publishers }) => publishers.includes(service) && name !== 'heddle.rest.<ms>',
  );
}

/** What may stand in names for those who serve certain tasks; undefined for those who send jobs of any. */
function ownNames(service: Party, planned: readonly string[]): FillIns | undefined {
  const tasks = service === 'notifier' ? [WEBHOOK_TASK] : planned.map((text) => parsePlannedTask(text).name);
  if (service !== 'notifier' && service !== 'consumer') return undefined;
  const numbered = [{ before: '', after: '\\.[0-9]+' }];
  return {
    tasks,
    of: {
      '<task>': [{ before: '', after: '' }],
      '<partition>': numbered,
      '<lane>': numbered,
      '<limit>': [
        { before: 'slots.', after: '' },
        { before: 'rates.', after: '\\.[0-9]+' },
      ],
    },
  };
}

/** In a routing key a lane is its number alone: the task stands before it. */
function keysOf(own: FillIns): FillIns {
  return { ...own, of: { ...own.of, '<lane>': '[0-9]+' } };
}
