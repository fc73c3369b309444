import { setTimeout as sleep } from 'node:timers/promises';
import { handOver } from './hand-over.ts';

/** Locks, queues and conditions as one process has them. */
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

  /** As `queue.PriorityQueue` of a few items: each is put in its place. */
  async putAndGetLowest(item: number): Promise<void> {
    const place = this.#items.findIndex((other) => (other as number) > item);
    this.#items.splice(place === -1 ? this.#items.length : place, 0, item);
    await Promise.resolve(this.#items.shift());
  }

  handOver(turns: number): Promise<void> {
    const condition = new InProcessCondition();
    return handOver(turns, [condition, condition]);
  }

  async wait(ms: number): Promise<void> {
    await sleep(ms);
  }
}

/** One thread runs at a time, so nothing need be locked. */
class InProcessCondition {
  readonly #waiting: (() => void)[] = [];

  async run<T>(fn: () => Promise<T> | T): Promise<T> {
    return await fn();
  }

  async waitFor<T>(predicate: () => T): Promise<T> {
    for (;;) {
      const result = predicate();
      if (result) return result;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  notify(): Promise<void> {
    this.#waiting.shift()?.();
    return Promise.resolve();
  }
}
