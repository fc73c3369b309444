/** How much has been done, and those who wait for more. */
export class Watermark {
  #done = 0;
  #waiting: { readonly wanted: number; readonly go: () => void }[] = [];

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  reach(done: number): void {
    this.#done = done;
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ wanted }) => wanted <= done);
    this.#waiting = this.#waiting.filter(({ wanted }) => wanted > done);
    for (const { go } of ready) go();
  }

  /** Resolves when so much has been done, at the latest after `limitMs`. */
  reached(wanted: number, limitMs: number): Promise<void> {
    if (wanted <= this.#done) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== mine);
        resolve();
      }, limitMs);
      const mine = {
        wanted,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.push(mine);
    });
  }
}
