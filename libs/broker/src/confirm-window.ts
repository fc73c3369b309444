/**
 * What was published on one confirm channel and not confirmed yet, by delivery tag. Tags count from 1; the broker
 * confirms one of them, or all up to one, in any order.
 */
export class ConfirmWindow<T> {
  /** `undefined`: confirmed out of order. */
  #slots: (T | undefined)[] = [];
  #head = 0;
  #headTag = 1;

  /** The next tag is this one's. */
  push(item: T): void {
    this.#slots.push(item);
  }

  /** Hands over what an ack or a nack confirms, in the order of publishing. Tags that are confirmed already are passed over. */
  settle(tag: number, multiple: boolean, visit: (item: T) => void): void {
    if (multiple) {
      while (this.#headTag <= tag && this.#head < this.#slots.length) this.#take(this.#head, visit);
    } else {
      this.#take(this.#head + tag - this.#headTag, visit);
    }
    while (this.#head < this.#slots.length && this.#slots[this.#head] === undefined) this.#advance();
    this.#compact();
  }

  /** The first unconfirmed one that passes. */
  find(passes: (item: T) => boolean): T | undefined {
    for (let index = this.#head; index < this.#slots.length; index++) {
      const item = this.#slots[index];
      if (item !== undefined && passes(item)) return item;
    }
    return undefined;
  }

  /** Everything not confirmed, in the order of publishing. */
  unconfirmed(): T[] {
    return this.#slots.slice(this.#head).filter((slot) => slot !== undefined);
  }

  #take(index: number, visit: (item: T) => void): void {
    const item = index >= this.#head ? this.#slots[index] : undefined;
    if (index === this.#head) {
      this.#slots[index] = undefined;
      this.#advance();
    } else if (item !== undefined) {
      this.#slots[index] = undefined;
    }
    if (item !== undefined) visit(item);
  }

  #advance(): void {
    this.#head++;
    this.#headTag++;
  }

  /** Gives the memory of what lies before the head back, seldom enough to cost nothing. */
  #compact(): void {
    if (this.#head === this.#slots.length) {
      this.#slots.length = 0;
      this.#head = 0;
    } else if (this.#head > 1_024 && this.#head * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
  }
}
