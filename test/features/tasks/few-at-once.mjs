import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** So few at once that others wait. */
export const fewAtOnce = defineTask({
  name: 'few.at-once',
  input: z.object({ ms: z.int() }),
  concurrency: 4,
  run: ({ input, signal }) => sleep(input.ms, undefined, { signal }),
});
