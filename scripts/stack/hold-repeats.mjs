const HOLD_MS = 10_000;

/**
 * Lets the first line of a kind through and holds back those that follow within 10 s; the next one after that says how many.
 * Five services that lose one broker would otherwise fill the screen.
 */
export class RepeatHolder {
  #kinds = new Map();

  /** @returns {string | undefined} what to print of this line, undefined: nothing */
  take(kind, text, now = Date.now()) {
    const known = this.#kinds.get(kind);
    if (known && now - known.shownAt < HOLD_MS) {
      known.held += 1;
      return undefined;
    }
    this.#kinds.set(kind, { shownAt: now, held: 0 });
    return known && known.held > 0 ? `${text}  (and ${known.held} more like it before)` : text;
  }
}
