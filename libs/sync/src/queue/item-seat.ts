import type { Delivery, SessionChannel } from '@heddle/broker';
import { LONGEST_TIMER_MS } from '@heddle/contracts';

/** How one wait for an item ended. */
type Came = Delivery | 'late' | 'lost';

/**
 * A place at a queue, for one item at a time: nothing is read ahead, so that an item is never kept from somebody who asks
 * for it by somebody who does not. The subscription stays from one item to the next, because settling the one brings the other.
 */
export class ItemSeat {
  readonly #channel: SessionChannel;
  readonly #queue: string;
  readonly #give: () => void;
  #subscribed = false;
  /** While it is: what ends then is refused, and the refusal says why. */
  #subscribing = false;
  #held: Delivery | undefined;
  #lost = false;
  #wake: ((came: Came) => void) | undefined;

  /** `give`: takes the channel back, with nothing on it. */
  constructor(channel: SessionChannel, queue: string, give: () => void) {
    this.#channel = channel;
    this.#queue = queue;
    this.#give = give;
    channel.onEnded = () => this.#onLost();
  }

  /** What it held is on its way to somebody else. */
  get lost(): boolean {
    return this.#lost;
  }

  /** An item that is there. The seat must hold none. */
  async ready(): Promise<Delivery | undefined> {
    await this.#unsubscribe();
    // What somebody gives back is nowhere for a moment: the broker takes it out and puts it in again. By the answer to the
    // first question it is in.
    this.#held = (await this.#channel.get(this.#queue)) ?? (await this.#channel.get(this.#queue));
    return this.#held;
  }

  /** The next item; what is held is done with. `late`: none has come by `deadline` (of `performance.now()`), or the signal was aborted. */
  async next(deadline: number, signal: AbortSignal | undefined): Promise<Came> {
    const came = await this.#wait(deadline, signal);
    // Who was interrupted takes nothing, whatever is on its way.
    if (came !== 'late' || signal?.aborted) return came;
    // One that came while the broker was told is taken: given back, it would have been kept from others for nothing.
    await this.#unsubscribe();
    return this.#held ?? 'late';
  }

  /** What is held is done with: it is gone for good. */
  settle(): void {
    this.#held?.ack();
    this.#held = undefined;
  }

  /** What is held is done with; the channel serves others. */
  async leave(): Promise<void> {
    const stopped = this.#unsubscribe();
    this.settle();
    await stopped;
    // So that the broker has it.
    await this.#channel.roundTrip();
    this.#give();
  }

  /** What is held goes back to the front. That is what the end of a channel does; returned, it would go to the end. */
  async giveUp(): Promise<void> {
    this.#held = undefined;
    this.#channel.onEnded = undefined;
    await this.#channel.close();
  }

  async #unsubscribe(): Promise<void> {
    if (!this.#subscribed) return;
    this.#subscribed = false;
    await this.#channel.pause();
  }

  #onLost(): void {
    this.#lost = true;
    this.#held = undefined;
    if (!this.#subscribing) this.#wake?.('lost');
  }

  #wait(deadline: number, signal: AbortSignal | undefined): Promise<Came> {
    if (this.#lost) return Promise.resolve('lost');
    if (signal?.aborted) {
      this.settle();
      return Promise.resolve('late');
    }
    return new Promise((resolve, reject) => {
      const left = deadline - performance.now();
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', late);
        this.#wake = undefined;
      };
      const late = (): void => this.#wake?.('late');
      const timer = left > LONGEST_TIMER_MS ? undefined : setTimeout(late, Math.max(left, 0));
      signal?.addEventListener('abort', late, { once: true });
      this.#wake = (came) => {
        end();
        resolve(came);
      };
      this.settle();
      if (this.#subscribed) return;
      this.#subscribed = true;
      this.#subscribing = true;
      const subscribed = this.#channel.subscribe({ queue: this.#queue, prefetch: 1 }, (delivery) => {
        this.#held = delivery;
        this.#wake?.(delivery);
      });
      subscribed.then(
        () => {
          this.#subscribing = false;
          if (this.#lost) this.#wake?.('lost');
        },
        (error: Error) => {
          this.#subscribing = false;
          end();
          reject(error);
        },
      );
    });
  }
}
