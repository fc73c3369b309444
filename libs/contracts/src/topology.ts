/**
 * What exists on the broker: the single source. The services declare from it, the compiler checks publishers and
 * consumers against it, and the topology document, the AsyncAPI description and the broker permissions are generated
 * from it. How each broker version is asked for a queue is the broker library's business.
 */
import type { ExchangeName, ExchangeRow, exchanges, Party } from './exchanges.ts';
import type { MessageKind } from './message.ts';

/** A row of the table. */
export interface QueueEntry {
  /**
   * - `job`: strict priorities (quorum from RabbitMQ 4.3, classic before).
   * - `quorum`: replicated, ordered.
   * - `single`: a quorum queue that delivers to one consumer at a time, and to another one when that has gone.
   * - `tokens`: a quorum queue; what is rejected goes to the exchange that its declarer names.
   * - `delay`: a quorum queue whose messages move on to its dead-letter exchange after a time to live.
   * - `stream`: a log that many read.
   * - `reply`: exclusive to its connection, gone with it.
   */
  readonly type: 'job' | 'quorum' | 'single' | 'tokens' | 'delay' | 'stream' | 'reply';
  readonly carries: readonly MessageKind[];
  readonly bindings: readonly { readonly exchange: keyof typeof exchanges; readonly key: string }[];
  readonly consumers: readonly Party[];
  /** Unsettled deliveries a consumer may hold. `task`: computed from the pool. Absent: nothing of ours consumes. */
  readonly prefetch?: number | 'task';
  readonly deadLetter?: ExchangeName | ExchangeRow;
  /** Bytes after which the broker drops from the head, for queues where old messages lose their worth. */
  readonly maxBytes?: number;
  /** What it is for a task with serial keys. */
  readonly serial?: 'single';
  readonly about: string;
}

const GIB = 1024 ** 3;

export const queues = {
  'heddle.jobs.<task>': {
    type: 'job',
    carries: ['job'],
    bindings: [
      { exchange: 'heddle.submit', key: '<task>' },
      { exchange: 'heddle.jobs', key: '<task>' },
    ],
    consumers: ['consumer', 'notifier'],
    prefetch: 'task',
    deadLetter: 'heddle.dropped',
    serial: 'single',
    about:
      'The jobs of one task, highest priority first. The notifier serves `webhook.deliver`, workers all others. Of a serial task one worker at a time takes them, in order, to the partitions of their keys.',
  },
  'heddle.lanes.<lane>': {
    type: 'job',
    carries: ['job'],
    bindings: [{ exchange: 'heddle.lanes', key: '<task>/<lane>' }],
    consumers: ['consumer'],
    prefetch: 'task',
    deadLetter: 'heddle.dropped',
    about:
      'One lane of a fair task, named `<task>.<number>`: jobs of one tenant, or of a few, which workers take turns to serve.',
  },
  'heddle.events.recorder': {
    type: 'quorum',
    carries: ['events', 'output'],
    bindings: [
      { exchange: 'heddle.events', key: 'event' },
      { exchange: 'heddle.events', key: 'output' },
      { exchange: 'heddle.webhooks', key: 'event' },
    ],
    consumers: ['recorder'],
    prefetch: 200,
    about: 'Everything that happens, on its way into the database.',
  },
  'heddle.events.notifier': {
    type: 'quorum',
    carries: ['events'],
    bindings: [{ exchange: 'heddle.events', key: 'event' }],
    consumers: ['notifier'],
    prefetch: 100,
    about: 'Everything that happens, on its way to webhooks.',
  },
  'heddle.events.log': {
    type: 'stream',
    carries: ['events'],
    bindings: [
      { exchange: 'heddle.events', key: 'event' },
      { exchange: 'heddle.webhooks', key: 'event' },
    ],
    consumers: ['gateway'],
    prefetch: 200,
    maxBytes: GIB,
    about: 'Everything that happened lately, for live events that can be resumed.',
  },
  'heddle.queries': {
    type: 'quorum',
    carries: ['request'],
    bindings: [{ exchange: 'heddle.requests', key: 'queries' }],
    consumers: ['recorder'],
    prefetch: 50,
    about: 'Questions to the recorder.',
  },
  'heddle.jobs.<task>.suspect': {
    type: 'quorum',
    carries: ['job'],
    bindings: [{ exchange: 'heddle.submit', key: '<task>.suspect' }],
    consumers: ['consumer'],
    prefetch: 1,
    deadLetter: 'heddle.dropped',
    about:
      'Jobs of one task that were running when their worker went: each is run alone, in a process of its own.',
  },
  'heddle.serial.<partition>': {
    type: 'single',
    carries: ['job'],
    bindings: [{ exchange: 'heddle.serial', key: '<partition>' }],
    consumers: ['consumer'],
    prefetch: 100,
    about:
      'Jobs of a serial task whose keys fall into one partition, named `<task>.<n>`: one worker at a time runs them, those of each key in order.',
  },
  'heddle.delay.<ms>': {
    type: 'delay',
    carries: ['job'],
    bindings: [{ exchange: 'heddle.delay.<ms>', key: '#' }],
    consumers: ['broker'],
    deadLetter: 'heddle.jobs',
    about: 'Jobs that rest for so many milliseconds; the broker then moves them to `heddle.jobs`.',
  },
  'heddle.tokens.<limit>': {
    type: 'tokens',
    carries: ['token'],
    bindings: [
      { exchange: 'heddle.tokens', key: '<limit>' },
      { exchange: 'heddle.tokens', key: '<limit>.issue' },
    ],
    consumers: ['consumer'],
    prefetch: 'task',
    deadLetter: 'heddle.rest.<ms>',
    about:
      "Free tokens of a task's limit: a worker that holds one may run a job. Of a rate, a spent one is rejected, and rests.",
  },
  'heddle.ledger.<limit>': {
    type: 'single',
    carries: ['token'],
    bindings: [
      { exchange: 'heddle.tokens', key: '<limit>.issue' },
      { exchange: 'heddle.tokens', key: '<limit>.ledger' },
    ],
    consumers: ['consumer'],
    prefetch: 4000,
    about:
      'An entry for each token that there is, so that the worker that consumes here can make more, or fewer.',
  },
  'heddle.rest.<ms>': {
    type: 'delay',
    carries: ['token'],
    bindings: [{ exchange: 'heddle.rest.<ms>', key: '' }],
    consumers: ['broker'],
    deadLetter: 'heddle.tokens',
    about: 'Spent tokens of rates, until they can be used again.',
  },
  'heddle.producer': {
    type: 'quorum',
    carries: ['production'],
    bindings: [{ exchange: 'heddle.requests', key: 'production' }],
    consumers: ['producer'],
    prefetch: 4,
    about: 'Batches to expand, reduce jobs to start.',
  },
  'heddle.scheduler': {
    type: 'single',
    carries: ['production'],
    bindings: [{ exchange: 'heddle.requests', key: 'scheduler' }],
    consumers: ['producer'],
    prefetch: 10,
    about:
      'Each producer puts a `wake` here at its start; the one that the broker lets consume ticks the schedules, holding the last wake until it goes.',
  },
  'heddle.sync.tokens.<object>': {
    type: 'quorum',
    carries: ['sync'],
    bindings: [{ exchange: 'heddle.sync', key: '<object>' }],
    consumers: ['client'],
    prefetch: 1,
    about: 'The token of a lock, or the tokens of a semaphore: who holds one unsettled holds the lock.',
  },
  'heddle.sync.items.<object>': {
    type: 'quorum',
    carries: ['sync'],
    bindings: [{ exchange: 'heddle.sync', key: '<object>' }],
    consumers: ['client'],
    prefetch: 1,
    about: 'The items of an unbounded queue, first in, first out.',
  },
  'heddle.sync.changes.<object>': {
    type: 'stream',
    carries: ['sync'],
    bindings: [{ exchange: 'heddle.sync', key: '<object>' }],
    consumers: ['client'],
    prefetch: 200,
    maxBytes: 16 * 1024 ** 2,
    about: 'Each change of an event; the last one says what it is now.',
  },
  'heddle.sync.seeding.<object>': {
    type: 'reply',
    carries: [],
    bindings: [],
    consumers: ['client'],
    prefetch: 1,
    about: 'A mutex, always empty: whoever has it on its connection puts the tokens of an object in.',
  },
  'heddle.replies.<instance>': {
    type: 'reply',
    carries: ['reply', 'result', 'results'],
    bindings: [{ exchange: 'heddle.replies', key: 'heddle.replies.<instance>' }],
    consumers: ['gateway', 'producer', 'consumer', 'notifier', 'client'],
    prefetch: 1000,
    about: 'Replies to one process.',
  },
  'heddle.control.<instance>': {
    type: 'reply',
    carries: ['control'],
    bindings: [{ exchange: 'heddle.control', key: '' }],
    consumers: ['gateway', 'producer', 'consumer', 'notifier'],
    prefetch: 100,
    about: 'News for one process.',
  },
  'heddle.dropped': {
    type: 'quorum',
    carries: ['job'],
    bindings: [{ exchange: 'heddle.dropped', key: '' }],
    consumers: ['producer'],
    prefetch: 50,
    about:
      'What the broker set aside, until the producer has written the reason on it and moved it to `heddle.dead`.',
  },
  'heddle.dead': {
    type: 'quorum',
    carries: ['job', 'events', 'output', 'request', 'production'],
    bindings: [{ exchange: 'heddle.dead', key: '' }],
    consumers: ['operator'],
    maxBytes: GIB,
    about:
      'Where people find what could not be read, checked or routed; the header `heddle-reason` says why.',
  },
} as const satisfies Record<string, QueueEntry>;

/** A row of the table: what kind of queue. */
export type QueueRow = keyof typeof queues;
/** A queue's real name: the row's name with `<…>` filled in. */
export type QueueName<R extends QueueRow = QueueRow> = R extends `${infer Head}<${string}>${infer Tail}`
  ? `${Head}${string}${Tail}`
  : R;
/** The rows whose queues exist once, declared by every service at start. */
export const sharedQueues = (Object.keys(queues) as QueueRow[]).filter((row) => !row.includes('<'));
