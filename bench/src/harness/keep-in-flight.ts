/**
 * Starts `total` pieces of work, at most `window` of them unfinished at any time; resolves when all are done and
 * rejects with the first error.
 */
export function keepInFlight(
  total: number,
  window: number,
  start: (index: number) => Promise<unknown>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let finished = 0;
    const startMore = (): void => {
      while (started < total && started - finished < window) {
        start(started).then(onDone, reject);
        started += 1;
      }
    };
    const onDone = (): void => {
      finished += 1;
      if (finished === total) resolve();
      else startMore();
    };
    if (total === 0) resolve();
    startMore();
  });
}

/** How many a second: `count` pieces of work done by `work`. */
export async function ratePerSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return count / ((performance.now() - start) / 1_000);
}
