import type { SyncSession } from '../session/sync-session.ts';
import { KeyedQueue, type QueueOptions } from './keyed-queue.ts';
import { rankItem } from './rank-item.ts';

/** First in, first out, with an exact bound: `queue.Queue(maxsize)`. */
export class Queue<T> extends KeyedQueue<T> {
  /** Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`, and for a size that is none. */
  constructor(session: SyncSession, name: string, options: QueueOptions = {}) {
    super(session, 'fifo-queue', name, options);
  }
}

/** Last in, first out: `queue.LifoQueue(maxsize)`. */
export class LifoQueue<T> extends KeyedQueue<T> {
  /** Throws as `Queue` does. */
  constructor(session: SyncSession, name: string, options: QueueOptions = {}) {
    super(session, 'lifo-queue', name, options);
  }
}

/**
 * The lowest first: `queue.PriorityQueue(maxsize)`. Items are numbers, strings, or arrays that begin with them, such as
 * `[priority, payload]`; see `rankItem`. Of equal ones the one that came first is got first, where Python would compare
 * the payloads.
 */
export class PriorityQueue<T> extends KeyedQueue<T> {
  /** Throws as `Queue` does. */
  constructor(session: SyncSession, name: string, options: QueueOptions = {}) {
    super(session, 'priority-queue', name, options, rankItem);
  }
}
