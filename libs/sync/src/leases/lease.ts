import type { Delivery, SessionChannel } from '@heddle/broker';
import { LeaseLostError, RuntimeError, type SyncObject } from '@heddle/contracts';
import type { SyncSession } from '../session/sync-session.ts';

interface Held {
  readonly session: SyncSession;
  readonly object: SyncObject;
  readonly channel: SessionChannel;
  readonly delivery: Delivery;
  readonly fence: number;
  /** Milliseconds. */
  readonly longestHold: number;
}

/**
 * The right to something, until it is released or lost. Lost: its connection ended, its process was frozen for longer than
 * the heartbeat allows, or it was held for longer than its longest hold; then it is somebody else's at once. Whoever was
 * frozen learns of that too late, so what is protected should take writes with the highest fence only.
 */
export class Lease {
  readonly object: SyncObject;
  /** Aborted when the lease is lost, with a `LeaseLostError`; not when it is released. */
  readonly signal: AbortSignal;
  #held: Held;
  readonly #lost = new AbortController();
  #forget: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onEnd: (() => void)[] = [];
  #state: 'held' | 'released' | 'lost' = 'held';

  constructor(held: Held) {
    this.object = held.object;
    this.signal = this.#lost.signal;
    this.#held = held;
    this.#hold(held);
  }

  /** Grows with each hand-over of the lock, or of this permit: the later holder has the greater. A safe integer. */
  get fence(): number {
    return this.#held.fence;
  }

  /** Neither released nor known to be lost. */
  get held(): boolean {
    return this.#state === 'held';
  }

  /**
   * Gives it to whoever has waited the longest. Resolves when the broker has taken it. Rejects with `RuntimeError` if it
   * was released before, with `LeaseLostError` if it was lost.
   */
  async release(): Promise<void> {
    await this.#end((delivery) => {
      this.#held.session.ledger.release(this.object);
      delivery.requeue();
    });
  }

  /** Uses it up: the permit of a semaphore is gone for good, also when this process ends. Rejects as `release` does. */
  async consume(): Promise<void> {
    await this.#end((delivery) => delivery.ack());
  }

  /** Releases it if it is held. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.held) await this.release();
  }

  /** Calls back when it is released or lost. */
  onEnd(listener: () => void): void {
    if (this.held) this.#onEnd.push(listener);
    else listener();
  }

  /**
   * Stands from now on for another lease of the same lock, which is left empty: that of a holder who let the lock go to wait for
   * a condition, and has it again. Throws as `release` rejects if the other one is held no more.
   */
  resume(next: Lease): void {
    if (next.#state === 'lost') throw next.signal.reason;
    if (!next.held || this.held) throw new RuntimeError(`${this.object}: there is nothing to go on with`);
    next.#leave('released');
    this.#state = 'held';
    this.#hold(next.#held);
  }

  #hold(held: Held): void {
    const { session, object, channel, fence, longestHold } = held;
    this.#held = held;
    const entry = session.ledger.hold(object, fence);
    this.#forget = () => session.ledger.holding.delete(entry);
    channel.onEnded = (reason) => this.#lose(reason);
    this.#timer = setTimeout(() => this.#expire(), longestHold);
    this.#timer.unref();
  }

  async #end(settle: (delivery: Delivery) => void): Promise<void> {
    const { session, channel, delivery } = this.#held;
    if (this.#state === 'lost') throw this.signal.reason;
    if (this.#state === 'released') throw new RuntimeError(`${this.object}: release of an unlocked lock`);
    this.#leave('released');
    // First no more deliveries, or the broker would hand it to us again, ahead of those who wait.
    const stopped = channel.unsubscribe();
    settle(delivery);
    try {
      await stopped;
      await channel.roundTrip();
      session.channels.give(channel);
    } catch {
      // The connection went: it is given back all the same.
    }
  }

  #expire(): void {
    if (!this.held) return;
    const { channel, longestHold } = this.#held;
    this.#lose(`it was held for longer than ${longestHold} ms`);
    void channel.close();
  }

  #lose(reason: string): void {
    if (!this.held) return;
    this.#leave('lost');
    this.#lost.abort(new LeaseLostError(`${this.object}: the lease was lost: ${reason}`));
  }

  #leave(state: 'released' | 'lost'): void {
    this.#state = state;
    this.#held.channel.onEnded = undefined;
    clearTimeout(this.#timer);
    this.#forget();
    for (const listener of this.#onEnd.splice(0)) listener();
  }
}
