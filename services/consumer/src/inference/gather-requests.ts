interface Waiting<T, R> {
  readonly item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

export interface GatherLimits {
  /** Items in one run, at least 1. */
  readonly most: number;
  /** Milliseconds that an item waits for those that are announced. */
  readonly waitMs: number;
}

/**
 * Runs many requests as one, and gives each its own answer. There is never more than one run: while it goes on, what comes
 * is gathered for the next. A request that comes alone does not wait; one that knows of others on their way waits for
 * them, at most `waitMs`.
 */
export class RequestGatherer<T, R> {
  readonly #run: (items: readonly T[]) => Promise<readonly R[]>;
  readonly #limits: GatherLimits;
  #waiting: Waiting<T, R>[] = [];
  /** Requests that have been announced and have not come yet. */
  #announced = 0;
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(run: (items: readonly T[]) => Promise<readonly R[]>, limits: GatherLimits) {
    this.#run = run;
    this.#limits = limits;
  }

  /** Announces a request; `prepare` makes its item. Rejects as `prepare` or the run does; a run that fails fails for all in it. */
  async ask(prepare: () => Promise<T>): Promise<R> {
    this.#announced += 1;
    let item: T;
    try {
      item = await prepare();
    } finally {
      this.#announced -= 1;
      // Those who waited for this one need not any more, if it was the last.
      if (this.#announced === 0) queueMicrotask(() => this.#consider());
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#consider();
    });
  }

  #consider(): void {
    if (this.#running || this.#waiting.length === 0) return;
    if (this.#announced === 0 || this.#waiting.length >= this.#limits.most || this.#limits.waitMs === 0) {
      return this.#begin();
    }
    this.#timer ??= setTimeout(() => this.#begin(), this.#limits.waitMs);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running) return;
    this.#running = true;
    const batch = this.#waiting.splice(0, this.#limits.most);
    this.#answer(batch)
      .catch((error: unknown) => {
        for (const request of batch) request.reject(error);
      })
      .finally(() => {
        this.#running = false;
        this.#consider();
      });
  }

  async #answer(batch: readonly Waiting<T, R>[]): Promise<void> {
    const results = await this.#run(batch.map(({ item }) => item));
    if (results.length !== batch.length) {
      throw new Error(`expected ${batch.length} results of a run, got ${results.length}`);
    }
    batch.forEach((request, index) => {
      request.resolve(results[index] as R);
    });
  }
}
