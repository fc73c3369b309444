/**
 * What messages are published to: one half of the topology, whose other half are the queues. See `topology.ts`.
 */
import type { MessageKind } from './message.ts';

/** The services, the client library, anybody else with an AMQP client, and people with a broker console. */
export type Party =
  | 'gateway'
  | 'producer'
  | 'consumer'
  | 'recorder'
  | 'notifier'
  | 'client'
  | 'foreign'
  | 'operator'
  | 'broker';

/** A row of the table. */
export interface ExchangeEntry {
  readonly type: 'topic' | 'direct' | 'fanout';
  /** The kinds of messages published to it. */
  readonly carries: readonly MessageKind[];
  /** Routing keys in use; `<…>` stands for a name, `#` for any. A fanout has none. */
  readonly keys: readonly string[];
  readonly publishers: readonly Party[];
  /** Where the broker puts what no queue is bound for. Without one, publishers use `mandatory` or accept the loss. */
  readonly alternate?: string;
  readonly about: string;
}

export const exchanges = {
  'heddle.submit': {
    type: 'topic',
    carries: ['job'],
    keys: ['<task>', '<task>.suspect'],
    publishers: ['gateway', 'producer', 'consumer', 'recorder', 'notifier', 'client'],
    about:
      "Jobs from Heddle's own publishers, who publish `mandatory`: what cannot be routed comes back to them.",
  },
  'heddle.jobs': {
    type: 'topic',
    carries: ['job'],
    keys: ['<task>'],
    publishers: ['foreign'],
    alternate: 'heddle.dropped',
    about: 'Jobs from any AMQP client.',
  },
  'heddle.lanes': {
    type: 'topic',
    carries: ['job'],
    keys: ['<task>/<lane>'],
    publishers: ['consumer'],
    about:
      'Jobs of fair tasks: workers sort what comes to the queue of such a task into its lanes, `mandatory` too. A topic exchange only because the broker can then hold a worker to its own tasks.',
  },
  'heddle.events': {
    type: 'direct',
    carries: ['events', 'output'],
    keys: ['event', 'output'],
    publishers: ['gateway', 'producer', 'consumer', 'recorder', 'client'],
    about: 'What happens to jobs, in batches, and the blobs that jobs make.',
  },
  'heddle.webhooks': {
    type: 'direct',
    carries: ['events'],
    keys: ['event'],
    publishers: ['notifier'],
    about:
      'What happens to deliveries of webhooks: of the events of jobs the notifier, which talks to strangers, can publish these only. Events of other tasks are set aside by who reads them.',
  },
  'heddle.requests': {
    type: 'direct',
    carries: ['request', 'production'],
    keys: ['queries', 'production', 'scheduler'],
    publishers: ['gateway', 'producer', 'consumer', 'recorder', 'notifier', 'client'],
    about: 'Questions to the recorder, each naming where its reply goes; work for the producers.',
  },
  'heddle.delay.<ms>': {
    type: 'topic',
    carries: ['job'],
    keys: ['#'],
    publishers: ['gateway', 'producer', 'consumer', 'recorder', 'notifier', 'client'],
    about:
      'One rung of the delay ladder; made on first use. The routing key, a task, is kept for the way back to `heddle.jobs`. A topic exchange only because the broker can then hold a user to the tasks that are its own.',
  },
  'heddle.tokens': {
    type: 'topic',
    carries: ['token'],
    keys: ['<limit>', '<limit>.issue', '<limit>.ledger'],
    publishers: ['consumer'],
    about:
      'Tokens of limits that hold for all workers together: `<limit>.issue` puts a token and its entry in the ledger. A topic exchange for the same reason.',
  },
  'heddle.rest.<ms>': {
    type: 'fanout',
    carries: ['token'],
    keys: [],
    publishers: ['consumer'],
    about: 'Where a token of a rate goes when a worker has spent it, that is, rejected it.',
  },
  'heddle.serial': {
    type: 'topic',
    carries: ['job'],
    keys: ['<partition>'],
    publishers: ['consumer'],
    about:
      "Jobs of serial tasks, on their way from their task's queue to the partition of their key. The routing key is `<task>.<n>`; a topic exchange only because the broker can then hold a worker to its own tasks.",
  },
  'heddle.replies': {
    type: 'direct',
    carries: ['reply', 'result', 'results'],
    keys: ['<reply_to>'],
    publishers: ['recorder', 'consumer'],
    about:
      'Replies of the recorder and results of jobs, to the queue that `reply_to` names. A reply to nobody is dropped.',
  },
  'heddle.control': {
    type: 'fanout',
    carries: ['control'],
    keys: [],
    publishers: ['recorder', 'consumer'],
    about: 'News for every process: announced tasks, signs of life.',
  },
  'heddle.sync': {
    type: 'direct',
    carries: ['sync'],
    keys: ['<object>'],
    publishers: ['client'],
    about:
      'Tokens of locks and semaphores, changes of events, items of queues: to the one object that the key names.',
  },
  'heddle.sync.seeded.<object>': {
    type: 'fanout',
    carries: [],
    keys: [],
    publishers: ['client'],
    about:
      'A mark: the object has its tokens. Its alternate exchange, which never is, names their number. Of an object that was made beforehand it leads to the object, for programs that may publish to no other.',
  },
  'heddle.dead': {
    type: 'fanout',
    carries: ['job', 'events', 'output', 'request', 'production'],
    keys: [],
    publishers: ['producer', 'consumer', 'recorder'],
    about: 'Messages that cannot be read or checked, with the reason.',
  },
  'heddle.dropped': {
    type: 'fanout',
    carries: ['job'],
    keys: [],
    publishers: [],
    about: 'What the broker itself set aside: unroutable or expired. Only the broker publishes here.',
  },
} as const satisfies Record<string, ExchangeEntry>;

/** A row of the exchange table. */
export type ExchangeRow = keyof typeof exchanges;
/** The name of an exchange that is published to: the row's name with `<…>` filled in. */
export type ExchangeName = ExchangeRow extends infer R
  ? R extends `${infer Head}<ms>`
    ? `${Head}${number}`
    : R extends `${string}<${string}>`
      ? never
      : R
  : never;
/** The message kinds that an exchange takes. */
export type KindOn<E extends ExchangeName> = (typeof exchanges)[E extends ExchangeRow
  ? E
  : E extends `heddle.rest.${number}`
    ? 'heddle.rest.<ms>'
    : 'heddle.delay.<ms>']['carries'][number];

/** The exchanges that exist once, declared by every service at start. */
export const sharedExchanges = (Object.keys(exchanges) as ExchangeRow[]).filter((row) => !row.includes('<'));
