/** So many at once, the others in the order they came. */
export class Slots {
  readonly size: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number) {
    this.size = slots;
    this.#free = slots;
  }

  get busy(): number {
    return this.size - this.#free;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async use<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
