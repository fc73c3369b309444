/** Sums counts up by two labels and reports them once a turn of the event loop, so that counting costs the hot path little. */
export class Tally<A extends string, B extends string> {
  readonly #report: (a: A, b: B, count: number) => void;
  readonly #counts = new Map<A, Map<B, number>>();
  #scheduled = false;

  constructor(report: (a: A, b: B, count: number) => void) {
    this.#report = report;
  }

  add(a: A, b: B, count: number): void {
    let ofA = this.#counts.get(a);
    if (!ofA) this.#counts.set(a, (ofA = new Map<B, number>()));
    ofA.set(b, (ofA.get(b) ?? 0) + count);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    for (const [a, ofA] of this.#counts) {
      for (const [b, count] of ofA) this.#report(a, b, count);
      ofA.clear();
    }
  }
}
