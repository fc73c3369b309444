/**
 * Resolves as `work` does, or rejects with the signal's reason as soon as that aborts: then nobody waits for `work` any more, and what
 * it gives in the end goes to `giveBack`.
 */
export async function leaveBehind<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  giveBack: (late: T) => void,
): Promise<T> {
  if (!signal) return await work;
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      work.then(giveBack, () => undefined);
      reject(signal.reason as Error);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal.removeEventListener('abort', onAbort);
    work.finally(forget).then(resolve, reject);
  });
}
