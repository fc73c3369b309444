import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

const input = z.object({ ms: z.int() });

export const oneAtATime = defineTask({
  name: 'slow.one-at-a-time',
  input,
  concurrency: 1,
  run: ({ input, signal }) => sleep(input.ms, undefined, { signal }),
});

/** Does not look at its signal. */
export const deaf = defineTask({
  name: 'slow.deaf',
  input,
  run: ({ input }) => sleep(input.ms, undefined, { ref: false }),
});
