import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from '@heddle/broker';
import { type Timeout, timeoutMs } from '@heddle/client';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  Empty,
  HeddleError,
  parseJson,
  type SyncObject,
  type SyncSeed,
  seedOf,
  syncNames,
  toSyncMessage,
  ValueError,
} from '@heddle/contracts';
import { ItemSeat } from './queue/item-seat.ts';
import { TakenItem } from './queue/taken-item.ts';
import { farewell } from './session/farewell.ts';
import { leaveBehind } from './session/leave-behind.ts';
import { nameObject } from './session/name-object.ts';
import type { SyncSession } from './session/sync-session.ts';
import { throwIfFinal } from './session/throw-if-final.ts';

export interface GetOptions {
  /** False: do not wait. Default true. */
  readonly block?: boolean | undefined;
  /** How long to wait for an item, in milliseconds or as text such as `"5s"`. Default: as long as it takes. */
  readonly timeout?: Timeout;
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const PATIENCE_MS = 30_000;
const ASK_MS = 5_000;
const PAUSE_MS = 100;

/**
 * An unbounded queue between processes, first in, first out: `queue.SimpleQueue`, as a quorum queue of the broker's. Items
 * are anything that JSON can say; they survive restarts.
 *
 * An item that `get` gave is this process's until it asks for the next one by the same object, says `taskDone`, or closes;
 * if it dies before that, the item comes back, to be got by somebody else: each item is got at least once. Who works on
 * several at a time has an object for each worker, or says itself when each is done, with `take`.
 */
export class SimpleQueue<T = unknown> {
  readonly name: string;
  readonly #session: SyncSession;
  readonly #object: SyncObject;
  readonly #items: string;
  readonly #seed: SyncSeed;
  /** Where the items lie that `get` gave, oldest first. */
  readonly #given: ItemSeat[] = [];

  /** Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`. */
  constructor(session: SyncSession, name: string) {
    this.name = name;
    this.#session = session;
    this.#object = nameObject('queue', name);
    this.#items = syncNames.items(this.#object);
    this.#seed = seedOf(this.#object);
  }

  /**
   * Puts an item at the end; resolves when the broker has it for sure. Rejects with `broker_unavailable` or
   * `confirm_timeout` when that is not known: then it may have arrived. Throws `ValueError` for what JSON cannot say.
   * Never full, so it never waits for room.
   */
  async put(item: T): Promise<void> {
    const message = itemMessage(item);
    await this.#session.broker.seed(this.#seed, PATIENCE_MS);
    await this.#session.broker.publish(this.#object, message, PATIENCE_MS);
  }

  /** As `put`. */
  putNowait(item: T): Promise<void> {
    return this.put(item);
  }

  /**
   * The first item, waiting for one. Rejects with `Empty` when there is none in time, with `ValueError` for a negative
   * timeout. Who waits longest gets first. Goes on waiting while there is no broker.
   */
  async get(options: GetOptions = {}): Promise<T> {
    const ms = waitMs(options);
    options.signal?.throwIfAborted();
    // The item before is done with, and its place serves again.
    const given = this.#given;
    const mine = given.shift();
    const leaving =
      given.length > 0 ? Promise.all(given.splice(0).map((one) => this.#leave(one))) : undefined;
    const { value, seat } = await this.#take(ms, options.signal, mine);
    if (leaving) await leaving;
    this.#given.push(seat);
    this.#session.open.add(this);
    return value;
  }

  /** The first item if there is one now, else it rejects with `Empty`. */
  getNowait(): Promise<T> {
    return this.get({ block: false });
  }

  /** As `get`, for an item that is done when you say so, and comes back if you do not. */
  async take(options: GetOptions = {}): Promise<TakenItem<T>> {
    const { value, seat } = await this.#take(waitMs(options), options.signal);
    return new TakenItem(value, this.#object, seat);
  }

  /** The oldest item that `get` gave is done with. Rejects with `ValueError` if there is none. */
  async taskDone(): Promise<void> {
    const oldest = this.#given.shift();
    if (!oldest) throw new ValueError('task_done() called too many times');
    if (this.#given.length === 0) this.#session.open.delete(this);
    await this.#leave(oldest);
  }

  /** Items that nobody has taken. Another process may change that at any time. */
  async qsize(): Promise<number> {
    await this.#session.broker.seed(this.#seed, ASK_MS);
    return (await this.#session.broker.countReady(this.#items, ASK_MS)) ?? 0;
  }

  async empty(): Promise<boolean> {
    return (await this.qsize()) === 0;
  }

  /** What `get` gave is done with, here and now. Closing the session does this too. */
  async close(): Promise<void> {
    const given = this.#given.splice(0);
    this.#session.open.delete(this);
    await Promise.all(given.map((seat) => this.#leave(seat)));
  }

  async #take(
    ms: number,
    signal: AbortSignal | undefined,
    mine?: ItemSeat,
  ): Promise<{ value: T; seat: ItemSeat }> {
    const deadline = performance.now() + ms;
    let seat = mine;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        seat ??= await leaveBehind(
          // Who does not wait for an item waits for a connection all the same.
          this.#sit(ms === 0 ? ASK_MS : Math.min(Math.max(deadline - performance.now(), 1), PATIENCE_MS)),
          signal,
          (late) => void this.#leave(late),
        );
        if (ms === 0) seat.settle();
        const came = ms === 0 ? ((await seat.ready()) ?? 'late') : await seat.next(deadline, signal);
        if (signal?.aborted) await farewell(seat.giveUp());
        else if (came !== 'late' && came !== 'lost') return { value: await this.#read(came, seat), seat };
        signal?.throwIfAborted();
        if (came === 'late') {
          await this.#leave(seat);
          throw new Empty(`${this.#object}: nothing to get`);
        }
        // With its connection or, for all that is known, with its queue.
        this.#session.broker.forget(this.#object);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof Empty) throw error;
        throwIfFinal(this.#session, this.#object, error);
        if (error instanceof HeddleError && error.code === 'internal_error') throw error;
        if (ms === 0 && attempt === 3) throw error;
      }
      seat = undefined;
      if (performance.now() >= deadline && ms > 0) throw new Empty(`${this.#object}: nothing to get`);
      await pause(PAUSE_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  async #sit(patienceMs: number): Promise<ItemSeat> {
    await this.#session.broker.seed(this.#seed, patienceMs);
    const channel = await this.#session.channels.take(patienceMs);
    return new ItemSeat(channel, this.#items, () => this.#session.channels.give(channel));
  }

  /** What it holds is done with, unless the connection went: then that comes back. */
  async #leave(seat: ItemSeat): Promise<void> {
    await seat.leave().catch(() => {});
  }

  async #read(delivery: Delivery, seat: ItemSeat): Promise<T> {
    const json = parseJson(delivery.message.body);
    if (json.ok) return (json.value as { item: T }).item;
    await this.#leave(seat);
    throw new HeddleError('internal_error', `${this.#object}: an item that is no JSON: ${json.reason}`);
  }
}

function itemMessage(item: unknown): ReturnType<typeof toSyncMessage> {
  let text: string | undefined;
  try {
    text = JSON.stringify({ item });
  } catch (error) {
    throw new ValueError(`item: expected what JSON can say: ${(error as Error).message}`);
  }
  if (item === undefined || text === '{}')
    throw new ValueError(`item: expected what JSON can say, got ${typeof item}`);
  const body = Buffer.from(text);
  if (body.length > DEFAULT_MAX_MESSAGE_BYTES) {
    const got = `expected at most ${DEFAULT_MAX_MESSAGE_BYTES} bytes, got ${body.length}`;
    throw new HeddleError('message_too_large', `item: ${got}`);
  }
  return toSyncMessage(body);
}

/** Milliseconds to wait, `Infinity` for no limit, 0 for not at all. */
function waitMs({ block = true, timeout }: GetOptions): number {
  if (!block) return 0;
  const ms = timeoutMs(timeout);
  if (ms < 0) throw new ValueError("'timeout' must be a non-negative number");
  return ms;
}
