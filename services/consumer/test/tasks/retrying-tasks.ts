import { defineTask } from '@heddle/client';
import { type PoolKind, poolKinds } from '@heddle/contracts';
import { z } from 'zod';

/** Fails as often as its input says, then succeeds; the rest after a failure comes with the error. */
const define = (pool: PoolKind) =>
  defineTask({
    name: `retrying.${pool}`,
    input: z.object({ failures: z.int() }),
    pool,
    retry: { attempts: 5, delay: '1h' },
    run: ({ input, job }) => {
      if (job.attempt > input.failures) return { attempt: job.attempt };
      throw Object.assign(new Error('not yet'), { code: 'not_yet', retryAfterMs: 120 });
    },
  });

export const retryingTasks = poolKinds.map(define);
