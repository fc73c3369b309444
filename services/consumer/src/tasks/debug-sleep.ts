import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { LONGEST_TIMER_MS, MAX_DURATION_MS } from '@heddle/contracts';
import { z } from 'zod';

export const debugSleep = defineTask({
  name: 'debug.sleep',
  description: 'Waits `ms` milliseconds. For trying timeouts, shutdowns and priorities.',
  input: z.strictObject({ ms: z.int().min(0).max(MAX_DURATION_MS) }),
  output: z.object({ slept: z.int() }),
  run: async ({ input, signal }) => {
    for (let left = input.ms; left > 0; left -= LONGEST_TIMER_MS) {
      await sleep(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
    }
    return { slept: input.ms };
  },
});
