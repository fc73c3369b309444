/**
 * A sum of doubles without any rounding until it is asked for: a list of doubles that do not overlap and together are the
 * sum (Shewchuk 1997). So the order of adding, and how the numbers were divided among several sums that are added up
 * later, changes nothing: the value is always the double nearest to the true sum.
 */
export class ExactSum {
  /** By growing magnitude; none overlaps another. */
  #parts: number[] = [];

  /** The parts of another sum, as `parts` gave them: adding them adds that sum. */
  addAll(parts: readonly number[]): void {
    for (const part of parts) this.add(part);
  }

  /** Finite numbers only; a sum beyond the largest double is none. */
  add(number: number): void {
    let rest = number;
    let kept = 0;
    for (const part of this.#parts) {
      const [big, small] = Math.abs(rest) < Math.abs(part) ? [part, rest] : [rest, part];
      const high = big + small;
      const low = small - (high - big);
      if (low !== 0) this.#parts[kept++] = low;
      rest = high;
    }
    this.#parts.length = kept;
    if (rest !== 0) this.#parts.push(rest);
  }

  /** What the sum is made of; JSON that another sum can add. */
  parts(): number[] {
    return [...this.#parts];
  }

  /** The double nearest to the sum. */
  value(): number {
    const parts = this.#parts;
    let at = parts.length - 1;
    let high = parts[at] ?? 0;
    let low = 0;
    while (at > 0 && low === 0) {
      at -= 1;
      const before = high;
      const part = parts[at] ?? 0;
      high = before + part;
      low = part - (high - before);
    }
    // Half-way cases are rounded to the even double; what lies below decides that they are none.
    const below = parts[at - 1] ?? 0;
    if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
      const doubled = low * 2;
      const next = high + doubled;
      if (doubled === next - high) high = next;
    }
    return high;
  }
}
