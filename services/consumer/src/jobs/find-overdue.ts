import type { Delivery } from '@heddle/broker';
import type { PriorityBuffer } from './order-by-priority.ts';

/** Finds what waits here in vain, by looking now and then. */
export class OverdueFinder {
  readonly #line: Pick<PriorityBuffer<Delivery>, 'list' | 'takeIf'>;
  /** How often each has been seen. */
  #looks = new Map<Delivery, number>();

  constructor(line: Pick<PriorityBuffer<Delivery>, 'list' | 'takeIf'>) {
    this.#line = line;
  }

  /** Looks, and takes what was seen so many times before out of the line, and what is lost. */
  take(looks: number): Delivery[] {
    const overdue = this.#line.takeIf(
      (delivery) => delivery.lost || (this.#looks.get(delivery) ?? 0) >= looks,
    );
    this.#looks = new Map(
      this.#line.list().map((delivery) => [delivery, (this.#looks.get(delivery) ?? 0) + 1]),
    );
    return overdue;
  }
}
