import { randomUUID } from 'node:crypto';
import { type DemandOf, LeaseLostError, RuntimeError } from '@heddle/contracts';
import type { KeyedClient } from './keyed-client.ts';

type Settling = Omit<DemandOf<'done'>, 'is' | 'ticket'>;

/** An item of a queue that this process has taken. It comes back to the queue if the process ends before it is done. */
export class QueueItem<T> {
  readonly value: T;
  readonly #client: KeyedClient;
  readonly #settling: Settling;
  #settled = false;
  /** The same for every attempt: one of which nothing was heard may have been met. */
  readonly #ticket = randomUUID();

  constructor(client: KeyedClient, settling: Settling, value: T) {
    this.#client = client;
    this.#settling = settling;
    this.value = value;
  }

  /** Whether `done` or `putBack` is still to come. */
  get open(): boolean {
    return !this.#settled;
  }

  /**
   * Says that it is dealt with, as `taskDone` does. Rejects with `RuntimeError` the second time, with `LeaseLostError` if the
   * item has gone back meanwhile, because this process was taken for dead.
   */
  async done(): Promise<void> {
    await this.#settle('done');
  }

  /** Puts it back to its old place, for somebody else. Rejects as `done` does. */
  async putBack(): Promise<void> {
    await this.#settle('give-back');
  }

  /** Gives it back if it is not done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.open) await this.putBack();
  }

  async #settle(is: 'done' | 'give-back'): Promise<void> {
    const { object } = this.#settling;
    if (this.#settled) throw new RuntimeError(`${object}: the item was settled before`);
    this.#settled = true;
    const outcome = await this.#client.ask({ is, ticket: this.#ticket, ...this.#settling }).catch((error) => {
      this.#settled = false;
      throw error;
    });
    if (outcome.is !== 'settled') throw new RuntimeError(`${object}: unexpected answer "${outcome.is}"`);
    if (outcome.lost.length > 0) {
      throw new LeaseLostError(
        `${object}: the item has gone back to the queue, because this process was taken for dead`,
      );
    }
  }
}
