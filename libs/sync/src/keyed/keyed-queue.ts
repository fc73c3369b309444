import { randomUUID } from 'node:crypto';
import { type Timeout, timeoutMs } from '@heddle/client';
import {
  Empty,
  Full,
  HeddleError,
  type KeyedKind,
  type KeyedObject,
  MAX_QUEUE_SIZE,
  RuntimeError,
  ShutDown,
  ValueError,
} from '@heddle/contracts';
import { nameObject } from '../session/name-object.ts';
import type { SyncSession } from '../session/sync-session.ts';
import type { KeyedClient, Waitable, Waited } from './keyed-client.ts';
import { QueueItem } from './queue-item.ts';

export interface QueueOptions {
  /** Items that may wait in it, exactly; 0 (the default), or less, is no bound. The same for all who use the name. */
  readonly maxsize?: number | undefined;
}

export interface QueueWait {
  /** False: throw `Full` or `Empty` at once instead of waiting; the timeout is then ignored. Default true. */
  readonly block?: boolean | undefined;
  /** How long to wait, in milliseconds or as text such as `"5s"`; then `Full` or `Empty`. Default: as long as it takes. */
  readonly timeout?: Timeout;
  /** Ends the wait: it rejects with the signal's reason. What was done by then stays done. */
  readonly signal?: AbortSignal | undefined;
}

/** What the queues have in common; they differ in the order in which items are got. */
export class KeyedQueue<T> {
  readonly name: string;
  readonly maxsize: number;
  readonly #client: KeyedClient;
  readonly #queue: { readonly object: KeyedObject; readonly maxsize: number };
  readonly #rankOf: (item: T) => string;
  /** Got by `get` and not done, oldest first. */
  readonly #got: QueueItem<T>[] = [];

  constructor(
    session: SyncSession,
    kind: KeyedKind,
    name: string,
    { maxsize = 0 }: QueueOptions,
    rankOf: (item: T) => string = () => '',
  ) {
    if (!Number.isInteger(maxsize) || maxsize > MAX_QUEUE_SIZE) {
      throw new ValueError(`maxsize: expected a whole number up to ${MAX_QUEUE_SIZE}, got ${maxsize}`);
    }
    this.name = name;
    this.maxsize = Math.max(0, maxsize);
    this.#queue = { object: nameObject(kind, name), maxsize: this.maxsize };
    this.#client = session.keyed;
    this.#rankOf = rankOf;
  }

  /**
   * Puts an item in: anything that JSON can say. Waits while the queue is full. Rejects with `Full`, with `ShutDown`, and with
   * `recorder_unavailable` when it is not known whether the item has arrived.
   */
  async put(item: T, options: QueueWait = {}): Promise<void> {
    checkItem(item);
    const waitMs = waitOf(options);
    const put = { is: 'put' as const, ...this.#queue, ticket: randomUUID(), value: item };
    const outcome = await this.#demand(
      { ...put, rank: this.#rankOf(item), wait: waitMs > 0 },
      waitMs,
      options.signal,
    );
    if (outcome.is === 'put') return;
    options.signal?.throwIfAborted();
    if (outcome.is === 'unheard') {
      throw new HeddleError(
        'recorder_unavailable',
        `${this.name}: it is not known whether the item has arrived`,
      );
    }
    throw new Full(`${this.name} is full`);
  }

  /** Puts an item in, or rejects with `Full` at once. */
  async putNowait(item: T): Promise<void> {
    await this.put(item, { block: false });
  }

  /**
   * Takes the next item out. Waits while there is none. Rejects with `Empty`, also when the recorder is away for longer than the
   * timeout (and two seconds), and with `ShutDown`. Until `taskDone` is called
   * for it, the item comes back if this process ends: in Python it would be lost with the process.
   */
  async get(options: QueueWait = {}): Promise<T> {
    const taken = await this.take(options);
    this.#got.push(taken);
    return taken.value;
  }

  /** Takes the next item out, or rejects with `Empty` at once. */
  async getNowait(): Promise<T> {
    return await this.get({ block: false });
  }

  /** As `get`, for who has several items at a time: the item that is given says itself that it is done. */
  async take(options: QueueWait = {}): Promise<QueueItem<T>> {
    const waitMs = waitOf(options);
    const ticket = randomUUID();
    const demand = { is: 'get' as const, ...this.#queue, ticket, wait: waitMs > 0 };
    const outcome = await this.#demand(demand, waitMs, options.signal);
    if (outcome.is !== 'got') {
      options.signal?.throwIfAborted();
      throw new Empty(`${this.name} is empty`);
    }
    const taken = [{ item: outcome.item, ticket }];
    const item = new QueueItem(this.#client, { ...this.#queue, taken }, outcome.value as T);
    if (options.signal?.aborted) {
      await item.putBack();
      options.signal.throwIfAborted();
    }
    return item;
  }

  /**
   * Says that an item that `get` of this object gave is dealt with: the oldest that is not done. Rejects with `ValueError` if
   * there is none. Who deals with several at a time should `take` them instead, and say which one is done.
   */
  async taskDone(): Promise<void> {
    const oldest = this.#got.shift();
    if (!oldest) throw new ValueError('task_done() called too many times');
    try {
      await oldest.done();
    } catch (error) {
      // The recorder is away: it can be said again.
      if (oldest.open) this.#got.unshift(oldest);
      throw error;
    }
  }

  /** Resolves when every item that was ever put in is done, wherever that was. Rejects with a `RuntimeError` if the signal aborts. */
  async join(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const demand = { is: 'join' as const, ...this.#queue, ticket: randomUUID() };
    const outcome = await this.#demand(demand, Number.POSITIVE_INFINITY, options.signal, true);
    if (outcome.is !== 'joined') options.signal?.throwIfAborted();
  }

  /** Items that are there to be got. */
  async qsize(): Promise<number> {
    const outcome = await this.#client.ask({ is: 'size', ...this.#queue });
    if (outcome.is !== 'size') throw new RuntimeError(`${this.name}: unexpected answer "${outcome.is}"`);
    return outcome.ready;
  }

  async empty(): Promise<boolean> {
    return (await this.qsize()) === 0;
  }

  /** Never, if there is no `maxsize`. */
  async full(): Promise<boolean> {
    return this.maxsize > 0 && (await this.qsize()) >= this.maxsize;
  }

  /**
   * From now on `put` rejects with `ShutDown`, and `get` when the queue is empty. `immediate`: empties it, and counts what was
   * in it as done. Lasts, for all who use the name, until `delete`.
   */
  async shutdown({ immediate = false }: { readonly immediate?: boolean | undefined } = {}): Promise<void> {
    await this.#client.ask({ is: 'shut-down', ...this.#queue, immediate });
  }

  /** Forgets the queue with everything in it; who waits for it gets `ShutDown`. The next use makes it anew. */
  async delete(): Promise<void> {
    await this.#client.ask({ is: 'delete', object: this.#queue.object });
  }

  async #demand(demand: Waitable, waitMs: number, signal?: AbortSignal, lasts = false): Promise<Waited> {
    const outcome = await this.#client.waitFor(demand, waitMs, signal);
    if (outcome.is === 'shut-down' && !lasts) throw new ShutDown(`${this.name} is shut down`);
    return outcome;
  }
}

/** Throws `ValueError` for what JSON cannot say. */
function checkItem(item: unknown): void {
  let text: string | undefined;
  try {
    text = JSON.stringify(item);
  } catch (error) {
    throw new ValueError(`item: expected what JSON can say: ${(error as Error).message}`);
  }
  if (text === undefined) throw new ValueError(`item: JSON has no word for ${typeof item}`);
}

/** Milliseconds to wait; 0 for not at all. */
function waitOf({ block = true, timeout }: QueueWait): number {
  if (!block) return 0;
  const ms = timeoutMs(timeout);
  if (ms < 0) throw new ValueError("'timeout' must be a non-negative number");
  return ms;
}
