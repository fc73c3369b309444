import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, SessionChannel } from '@heddle/broker';
import { parseJson, RuntimeError, type SyncObject, seedOf, syncNames } from '@heddle/contracts';
import type { SyncSession } from '../session/sync-session.ts';
import { throwIfFinal } from '../session/throw-if-final.ts';

const PREFETCH = 200;
const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;
/** How long a change of one's own is waited for after its confirm. */
const SEEN_MS = 5_000;
/** What a channel says when its queue was deleted. */
const CANCELLED = 'cancelled by the broker';

/** The changes of an event as they come. Listens from its first use on, and again after each loss, from where it was. */
export class ChangeStream {
  readonly #session: SyncSession;
  readonly #object: SyncObject;
  isSet = false;
  #lastOffset: number | undefined;
  #deliveries = 0;
  #channel: SessionChannel | undefined;
  #listening: Promise<void> | undefined;
  #closed = false;
  readonly #waiters = new Set<{ readonly wake: () => void; readonly fail: (error: Error) => void }>();
  readonly #onChange = new Map<string, () => void>();

  constructor(session: SyncSession, object: SyncObject) {
    this.#session = session;
    this.#object = object;
  }

  /** Resolves when every change that the broker had at the call has been taken in. */
  async catchUp(): Promise<void> {
    for (;;) {
      await this.listen();
      try {
        await this.#drain();
        return;
      } catch (error) {
        // The channel went; the next one reads on.
        if (this.#channel && !this.#channel.ended) throw error;
      }
    }
  }

  /** Resolves when it is set, or is set next. Call `forget` when that is of interest no more. */
  nextSet(): { came: Promise<void>; forget: () => void } {
    let forget = (): void => {};
    const came = new Promise<void>((resolve, reject) => {
      const waiter = { wake: resolve, fail: reject };
      this.#waiters.add(waiter);
      forget = () => this.#waiters.delete(waiter);
      void this.#watch();
    });
    return { came, forget: () => forget() };
  }

  /** Resolves when the change with this id has come, or has not for five seconds. */
  seen(id: string): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#onChange.delete(id);
        resolve();
      };
      const timer = setTimeout(done, SEEN_MS);
      timer.unref();
      this.#onChange.set(id, done);
    });
  }

  /** Who waits hears of it; the next call begins again. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { fail } of this.#waiters) fail(new RuntimeError(`${this.#object}: closed while waiting`));
    const channel = this.#channel;
    this.#channel = undefined;
    this.#listening = undefined;
    if (channel) {
      channel.onEnded = undefined;
      await channel.close();
    }
    this.#closed = false;
  }

  /** Hears of every change from now on. */
  listen(): Promise<void> {
    if (this.#listening && this.#channel?.ended !== true) return this.#listening;
    const listening = this.#subscribe();
    this.#listening = listening;
    listening.catch(() => {
      if (this.#listening === listening) this.#listening = undefined;
    });
    return listening;
  }

  async #subscribe(): Promise<void> {
    const { broker } = this.#session;
    await broker.seed(seedOf(this.#object), PATIENCE_MS);
    const channel = await broker.openChannel(PATIENCE_MS);
    this.#channel = channel;
    channel.onEnded = (reason) => this.#onLost(reason);
    // Not behind the last one: an offset that is not there yet hangs.
    const streamOffset = this.#lastOffset ?? 'last';
    const queue = syncNames.changes(this.#object);
    const subscribed = channel.subscribe({ queue, prefetch: PREFETCH, streamOffset }, (delivery) =>
      this.#take(delivery),
    );
    await subscribed.catch((error: unknown) => {
      throwIfFinal(this.#session, this.#object, error);
      throw error;
    });
    await this.#drain();
  }

  /** The broker sends what it has before it answers; what is beyond the prefetch comes with the next round. */
  async #drain(): Promise<void> {
    for (let before = -1; before !== this.#deliveries; ) {
      before = this.#deliveries;
      await this.#channel?.roundTrip();
    }
  }

  #take(delivery: Delivery): void {
    delivery.ack();
    this.#deliveries += 1;
    const { streamOffset: offset, message } = delivery;
    if (offset === undefined || (this.#lastOffset !== undefined && offset <= this.#lastOffset)) return;
    this.#lastOffset = offset;
    const change = parseJson(message.body);
    if (!change.ok) return;
    this.isSet = Boolean((change.value as { set?: unknown } | null)?.set);
    if (this.isSet) this.#wakeAll();
    this.#onChange.get(message.properties.messageId ?? '')?.();
  }

  #onLost(reason: string): void {
    this.#session.broker.forget(this.#object);
    // Somebody has deleted the stream: the next one counts from its beginning.
    if (reason === CANCELLED) this.#lastOffset = undefined;
    if (!this.#closed && this.#waiters.size > 0) void this.#watch();
  }

  /** For those who wait: as long as there are any, over every loss. */
  async #watch(): Promise<void> {
    while (this.#waiters.size > 0) {
      try {
        await this.catchUp();
        if (this.isSet) this.#wakeAll();
        return;
      } catch (error) {
        try {
          throwIfFinal(this.#session, this.#object, error);
        } catch (final) {
          for (const { fail } of this.#waiters) fail(final as Error);
          return;
        }
        await pause(PAUSE_MS);
      }
    }
  }

  #wakeAll(): void {
    for (const { wake } of this.#waiters) wake();
  }
}
