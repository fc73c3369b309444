/** A lock and a queue as one process has them. */
export class InProcessTools {
  #last: Promise<void> = Promise.resolve();
  readonly #items: unknown[] = [];

  lockAndUnlock(): Promise<void> {
    this.#last = this.#last.then(() => undefined);
    return this.#last;
  }

  async putAndGet(item: number): Promise<void> {
    this.#items.push(item);
    await Promise.resolve(this.#items.shift());
  }
}
