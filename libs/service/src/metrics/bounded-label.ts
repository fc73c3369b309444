/** What further values share. */
export const OTHER = 'other';

/** Lets the first values of a label be told apart, and counts all others as one: a series is never forgotten. */
export class BoundedLabel {
  readonly #limit: number;
  readonly #known: Set<string>;

  /** `reserved`: values that always have a place of their own; at most `limit` others get one. */
  constructor(limit: number, reserved: Iterable<string> = []) {
    this.#known = new Set(reserved);
    this.#limit = this.#known.size + limit;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit) return OTHER;
    this.#known.add(value);
    return value;
  }
}
