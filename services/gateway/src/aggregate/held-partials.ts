import { HeddleError, type PartialAggregate } from '@heddle/contracts';

/** Partial results that one job merges at most. */
const MERGED_AT_ONCE = 16;
const COMMA = 1;

/** Partial results of a file that wait to be merged, as many at once as a message carries. */
export class HeldPartials {
  readonly #maxBytes: number;
  readonly #held: { readonly partial: PartialAggregate; readonly bytes: number }[] = [];
  #bytes = 0;

  /** `maxBytes`: of a message, for a list of partial results without its brackets. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether they are more than one job can merge, or as many. */
  get areMany(): boolean {
    return this.#held.length >= MERGED_AT_ONCE || (this.#held.length > 1 && this.#bytes > this.#maxBytes);
  }

  add(partial: PartialAggregate): void {
    const bytes = Buffer.byteLength(JSON.stringify(partial)) + COMMA;
    this.#held.push({ partial, bytes });
    this.#bytes += bytes;
  }

  /**
   * Takes what one job can merge: the largest, and of the others the smallest. So one grows to the whole, and there are never two that are
   * too large for each other. Throws `data_too_many_groups` when no two fit into a message.
   */
  take(): PartialAggregate[] {
    this.#held.sort((a, b) => a.bytes - b.bytes);
    const largest = this.#held.pop();
    if (!largest) return [];
    const taken = [largest];
    let { bytes } = largest;
    for (const next of this.#held) {
      if (taken.length === MERGED_AT_ONCE || bytes + next.bytes > this.#maxBytes) break;
      taken.push(next);
      bytes += next.bytes;
    }
    if (taken.length === 1 && this.#held.length > 0) {
      throw new HeddleError(
        'data_too_many_groups',
        `expected groups of which two partial results fit into ${this.#maxBytes} bytes of a message, got ${bytes} in one alone`,
      );
    }
    this.#held.splice(0, taken.length - 1);
    this.#bytes -= bytes;
    return taken.map(({ partial }) => partial);
  }
}
