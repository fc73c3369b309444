import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { MAX_DURATION_MS } from '@heddle/contracts';
import { z } from 'zod';

/** Node's timers count milliseconds in 31 bits; longer sleeps are made of several. */
const LONGEST_TIMER_MS = 2_147_483_647;

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
