import { TimeoutError, ValueError } from '@heddle/contracts';
import type { Future } from './future.ts';
import { Deadline, type Timeout } from './wait-limit.ts';

const returnWhens = ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'] as const;

export interface WaitOptions {
  readonly timeout?: Timeout;
  /** Default `ALL_COMPLETED`. `FIRST_EXCEPTION`: when one has failed, or all are done; a cancelled one is no exception. */
  readonly returnWhen?: (typeof returnWhens)[number] | undefined;
}

/** Which futures have ended, and which have not. */
export interface Waited<F> {
  readonly done: Set<F>;
  readonly notDone: Set<F>;
}

/** Resolves when as many of the futures have ended as `returnWhen` asks for, or the time is up: it never rejects for that. */
export async function wait<F extends Future>(
  futures: Iterable<F>,
  { timeout, returnWhen = 'ALL_COMPLETED' }: WaitOptions = {},
): Promise<Waited<F>> {
  if (!returnWhens.includes(returnWhen)) {
    throw new ValueError(`returnWhen: expected ${returnWhens.join(', ')}, got ${JSON.stringify(returnWhen)}`);
  }
  const all = new Set(futures);
  const forget: (() => void)[] = [];
  const enough = new Promise<void>((resolve) => {
    let left = all.size;
    if (left === 0) resolve();
    const look = async (future: F): Promise<void> => {
      left -= 1;
      if (left === 0 || returnWhen === 'FIRST_COMPLETED') resolve();
      else if (returnWhen === 'FIRST_EXCEPTION' && !future.cancelled() && (await future.exception()))
        resolve();
    };
    for (const future of all) forget.push(future.onceDone(() => void look(future)));
  });
  try {
    await new Deadline(timeout).limit(enough, () => 'not enough futures have ended in time');
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  } finally {
    for (const one of forget) one();
  }
  const done = new Set([...all].filter((future) => future.done()));
  return { done, notDone: new Set([...all].filter((future) => !done.has(future))) };
}

/**
 * Gives the futures as they end, those that have ended first; each once. Throws a `TimeoutError` if not all have ended
 * `timeout` after the call.
 */
export function asCompleted<F extends Future>(
  futures: Iterable<F>,
  { timeout }: { timeout?: Timeout } = {},
): AsyncGenerator<F, void, void> {
  return give(new Set(futures), new Deadline(timeout));
}

/** Listens from the first result that is asked for until the last: who asks for none leaves nothing behind. */
async function* give<F extends Future>(
  all: ReadonlySet<F>,
  deadline: Deadline,
): AsyncGenerator<F, void, void> {
  const ended: F[] = [];
  let wake = (): void => {};
  const forget = [...all].map((future) =>
    future.onceDone(() => {
      ended.push(future);
      wake();
    }),
  );
  try {
    for (let left = all.size; left > 0; left -= 1) {
      if (ended.length === 0) {
        const next = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await deadline.limit(next, () => `${left} (of ${all.size}) futures have not ended`);
      }
      yield ended.shift() as F;
    }
  } finally {
    for (const one of forget) one();
  }
}
