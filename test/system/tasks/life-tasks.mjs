import { setTimeout as sleep } from 'node:timers/promises';
import { defineState, defineTask } from '@heddle/client';
import { z } from 'zod';

const input = z.object({
  /** What each attempt does; the last one stands for all that follow. */
  runs: z.array(z.object({ ms: z.int(), end: z.enum(['succeed', 'fail', 'refuse', 'wait']) })).min(1),
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

const kept = defineState({ name: 'lives', schema: z.object({}), initial: {} });

/** The same with a key of its own, whose state never changes: it waits in vain. */
export const serial = defineTask({
  name: 'life.serial',
  input: input.extend({ key: z.string() }),
  serialBy: ({ key }) => key,
  state: kept,
  run: async (context) => {
    const {
      input: { runs },
      job,
      signal,
    } = context;
    const { ms, end } = runs[job.attempt - 1] ?? runs.at(-1) ?? { ms: 0, end: 'succeed' };
    if (ms > 0) await sleep(ms, undefined, { signal });
    if (end === 'fail') throw new Error(end);
    return context.waitForChange({ for: 200 });
  },
});
