/** So many questions wait for the recorder's answer; with all at once, most would be refused. */
const AT_ONCE = 50;

/** Cancels them, some at a time, the last first. What cannot be cancelled is left. */
export async function cancelAll<T>(all: Iterable<T>, cancel: (one: T) => Promise<unknown>): Promise<void> {
  const left = [...all];
  const cancelSome = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await cancel(one).catch(() => false);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, cancelSome));
}
