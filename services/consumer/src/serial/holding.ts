/** What this worker has begun of one partition: it is let go only when that is nothing. */
export class Holding {
  /** Nothing of it is begun any more. */
  givenUp = false;
  #begun = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#begun += 1;
  }

  end(): void {
    this.#begun -= 1;
    if (this.#begun > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }

  /** Resolves when nothing that has begun is unsettled. */
  async idle(): Promise<void> {
    if (this.#begun > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
