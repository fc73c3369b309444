import { HeddleError } from '@heddle/contracts';

/** Submits under way at once: enough to keep the broker busy, few enough for its publisher's window. */
const AT_ONCE = 1_000;
const MOST_WAITING = 100_000;

/** Lets so many pass at once; the others wait in line. */
export class SendGate {
  #passing = 0;
  #line: (() => void)[] = [];
  #next = 0;

  /** Resolves or rejects as `work` does. Throws `overloaded` when 100,000 wait. */
  pass(work: () => Promise<void>): Promise<void> {
    if (this.#passing < AT_ONCE) return this.#run(work);
    if (this.#line.length - this.#next >= MOST_WAITING) {
      throw new HeddleError('overloaded', `${MOST_WAITING} submits wait to be sent already`);
    }
    return new Promise((resolve, reject) => {
      this.#line.push(() => void this.#run(work).then(resolve, reject));
    });
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.#passing += 1;
    try {
      await work();
    } finally {
      this.#passing -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    const admit = this.#line[this.#next];
    if (!admit) return;
    this.#next += 1;
    if (this.#next === this.#line.length || this.#next === AT_ONCE) {
      this.#line = this.#line.slice(this.#next);
      this.#next = 0;
    }
    admit();
  }
}
