import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import type { LimitInput } from '@heddle/contracts';
import { z } from 'zod';

/** What all workers of this process have seen of limited tasks. */
export const seen = { running: 0, most: 0, starts: [] as number[] };

export function forget(): void {
  Object.assign(seen, { running: 0, most: 0, starts: [] });
}

/** A task that counts how many of its jobs run at once, in all workers of this process. */
export const limitedTask = (name: string, limit: LimitInput, attempts = 1) =>
  defineTask({
    name,
    /** `together`: it does not end before so many have run at once. */
    input: z.object({ ms: z.number(), together: z.number().default(1) }),
    limit,
    retry: { attempts, delay: 100, jitter: 0 },
    run: async ({ input, job }) => {
      seen.running += 1;
      seen.most = Math.max(seen.most, seen.running);
      seen.starts.push(performance.now());
      try {
        await sleep(input.ms);
        while (seen.most < input.together) await sleep(5);
        if (job.attempt < attempts) throw new Error('again');
        return job.attempt;
      } finally {
        seen.running -= 1;
      }
    },
  });
