import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

const input = z.object({
  /** What each attempt does; the last one stands for all that follow. */
  runs: z.array(z.object({ ms: z.int(), end: z.enum(['succeed', 'fail', 'refuse']) })).min(1),
});

/**
 * Runs for as long as it is told, and ends as it is told.
 * @param {import('@heddle/client').TaskContext<z.infer<typeof input>>} context
 */
async function run({ input: { runs }, job, progress, signal }) {
  const { ms, end } = runs[job.attempt - 1] ?? runs.at(-1) ?? { ms: 0, end: 'succeed' };
  if (ms > 0) {
    progress(0.5, 'half way');
    await sleep(ms, undefined, { signal });
  }
  if (end === 'succeed') return 'done';
  throw Object.assign(new Error(end), end === 'refuse' && { retryable: false });
}

export const life = defineTask({ name: 'life.lived', input, run });
/** The same, for jobs that nobody is to run: the test pauses it. */
export const waiting = defineTask({ name: 'life.waiting', input, run });
