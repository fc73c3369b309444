import { LogEntry } from './log-entry.ts';

/** Something is missing between the entries before and after it. */
export interface Gap {
  readonly gap: string;
}
export type RingItem = LogEntry | Gap;

/**
 * The newest items of the log, in order. Readers hold a cursor: the number of an item, counted from the ring's first
 * ever. A reader whose cursor has been overrun was too slow.
 */
export class EventRing {
  readonly #maxBytes: number;
  readonly #maxItems: number;
  #items: RingItem[] = [];
  /** Number of the first item still there. */
  #first = 0;
  /** Items before this index in `#items` are gone; they are cut off in bulk. */
  #head = 0;
  #bytes = 0;

  constructor({ maxBytes, maxItems }: { maxBytes: number; maxItems: number }) {
    this.#maxBytes = maxBytes;
    this.#maxItems = maxItems;
  }

  /** The cursor of what comes next. */
  get end(): number {
    return this.#first + this.#items.length - this.#head;
  }

  push(item: RingItem): void {
    this.#items.push(item);
    this.#bytes += bytesOf(item);
    while (this.#bytes > this.#maxBytes || this.#items.length - this.#head > this.#maxItems)
      this.#dropFirst();
    if (this.#head > 1_000 && this.#head > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The item at the cursor; `overrun` if it is gone, undefined if it has not come yet. */
  at(cursor: number): RingItem | 'overrun' | undefined {
    if (cursor < this.#first) return 'overrun';
    return this.#items[this.#head + cursor - this.#first];
  }

  /** The cursor of the entry with this offset; undefined if the ring does not hold it. */
  find(offset: number): number | undefined {
    for (let index = this.#items.length - 1; index >= this.#head; index--) {
      const item = this.#items[index];
      if (!(item instanceof LogEntry)) continue;
      if (item.offset === offset) return this.#first + index - this.#head;
      if (item.offset < offset) return undefined;
    }
    return undefined;
  }

  /** Offsets of its first and last entries. */
  get span(): { readonly first: number; readonly last: number } | undefined {
    let first: number | undefined;
    for (let index = this.#head; first === undefined && index < this.#items.length; index++) {
      const item = this.#items[index];
      if (item instanceof LogEntry) first = item.offset;
    }
    if (first === undefined) return undefined;
    const last = this.#items.findLast((item) => item instanceof LogEntry);
    return last instanceof LogEntry ? { first, last: last.offset } : undefined;
  }

  /** Forgets all items; cursors stay valid, and those behind are overrun. */
  clear(): void {
    this.#first = this.end;
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #dropFirst(): void {
    const item = this.#items[this.#head];
    if (item) this.#bytes -= bytesOf(item);
    // A hole, so that the memory is free before the array is cut.
    this.#items[this.#head] = NOTHING;
    this.#head++;
    this.#first++;
  }
}

const NOTHING: Gap = { gap: '' };

function bytesOf(item: RingItem): number {
  return item instanceof LogEntry ? item.bytes : 100;
}
