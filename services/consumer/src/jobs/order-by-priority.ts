import { DEFAULT_PRIORITY, MAX_PRIORITY } from '@heddle/contracts';

/** What waits, highest priority first, and among equals in the order it came. Small: at most a prefetch of items. */
export class PriorityBuffer<T> {
  readonly #lists: T[][] = Array.from({ length: MAX_PRIORITY + 1 }, () => []);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An absent priority counts as the default one; others are brought into 0–9. */
  push(item: T, priority: number | undefined): void {
    const at = Math.min(Math.max(Math.trunc(priority ?? DEFAULT_PRIORITY), 0), MAX_PRIORITY);
    this.#lists[at]?.push(item);
    this.#size += 1;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    return this.#lists.findLast((list) => list.length > 0)?.shift();
  }

  /** Everything, in order. */
  list(): T[] {
    return this.#lists.toReversed().flat();
  }

  /** Takes out those for which it holds, in order. */
  takeIf(isWanted: (item: T) => boolean): T[] {
    const taken = this.#lists.toReversed().flatMap((list) => list.filter((item) => isWanted(item)));
    for (const [at, list] of this.#lists.entries())
      this.#lists[at] = list.filter((item) => !taken.includes(item));
    this.#size -= taken.length;
    return taken;
  }

  /** Takes everything out, in order. */
  drain(): T[] {
    const all = this.list();
    for (const list of this.#lists) list.length = 0;
    this.#size = 0;
    return all;
  }
}
