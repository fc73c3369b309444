import { LeaseLostError, RuntimeError, type SyncObject } from '@heddle/contracts';
import type { ItemSeat } from './item-seat.ts';

/** An item that is this process's until it says that it is done; if it dies before that, the item comes back. */
export class TakenItem<T> {
  readonly value: T;
  readonly #object: SyncObject;
  readonly #seat: ItemSeat;
  #ended = false;

  constructor(value: T, object: SyncObject, seat: ItemSeat) {
    this.value = value;
    this.#object = object;
    this.#seat = seat;
  }

  /** It is gone for good. Rejects with `RuntimeError` the second time, with `LeaseLostError` if it has gone back already. */
  async done(): Promise<void> {
    await this.#end(() => this.#seat.leave());
  }

  /**
   * It goes back to the front. (Who asks in that very moment may get the one behind it.) Rejects as `done` does.
   */
  async putBack(): Promise<void> {
    await this.#end(() => this.#seat.giveUp());
  }

  /** Puts it back, unless it is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended && !this.#seat.lost) await this.putBack();
  }

  async #end(leave: () => Promise<void>): Promise<void> {
    if (this.#ended) throw new RuntimeError(`${this.#object}: this item was done with before`);
    this.#ended = true;
    if (this.#seat.lost) throw new LeaseLostError(`${this.#object}: the item went back with its connection`);
    await leave();
  }
}
