import { LONGEST_TIMER_MS, parseDuration, TimeoutError, ValueError } from '@heddle/contracts';

/**
 * How long to wait: milliseconds, or text such as `"5s"`. Absent or infinite: for as long as it takes. Zero and less: not
 * at all. (Python counts in seconds; here everything is milliseconds.)
 */
export type Timeout = number | string | undefined;

/** Milliseconds; `Infinity` for none. Throws `ValueError` for what is no time. */
export function timeoutMs(timeout: Timeout): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY;
  const ms = typeof timeout === 'string' ? parseDuration(timeout) : timeout;
  if (typeof ms === 'number' && !Number.isNaN(ms)) return ms;
  throw new ValueError(`timeout: expected milliseconds or text such as "5s", got ${JSON.stringify(timeout)}`);
}

/** The time by which something must have come, however many waits that takes. */
export class Deadline {
  readonly #at: number;

  constructor(timeout: Timeout) {
    this.#at = performance.now() + timeoutMs(timeout);
  }

  /** Resolves as `work` does; rejects with a `TimeoutError` of these words when the time has come first. */
  async limit<T>(work: Promise<T>, words: () => string): Promise<T> {
    const left = this.#at - performance.now();
    if (left > LONGEST_TIMER_MS) return await work;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new TimeoutError(words())), Math.max(left, 0));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
