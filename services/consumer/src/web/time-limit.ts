/** Time for some steps together; what comes between them is not counted. */
export class TimeLimit {
  #leftMs: number;
  #isUp = false;
  readonly #outer: AbortSignal;

  /** `outer`: ends the steps too, with its own reason. */
  constructor(ms: number, outer: AbortSignal) {
    this.#leftMs = ms;
    this.#outer = outer;
  }

  get leftMs(): number {
    return this.#leftMs;
  }

  /** Whether the time ran out during a step. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Rejects when the time is up, whether or not the step heeds its signal. */
  async bound<T>(step: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const controller = new AbortController();
    const stop = () => controller.abort(this.#outer.reason);
    const late = setTimeout(
      () => {
        this.#isUp = true;
        controller.abort();
      },
      Math.max(this.#leftMs, 1),
    );
    this.#outer.addEventListener('abort', stop, { once: true });
    if (this.#outer.aborted) stop();
    try {
      return await Promise.race([step(controller.signal), rejectOn(controller.signal)]);
    } finally {
      clearTimeout(late);
      this.#outer.removeEventListener('abort', stop);
      this.#leftMs -= performance.now() - startedAt;
    }
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
