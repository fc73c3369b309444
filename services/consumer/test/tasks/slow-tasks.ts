import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { waitAt } from '../../../../test/support/tasks/gates.ts';

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

/** Waits until its test opens the gate, and then for so long. */
export const gatedOneAtATime = defineTask({
  name: 'slow.gated',
  input: z.object({ gate: z.string(), ms: z.int() }),
  concurrency: 1,
  run: async ({ input }) => {
    await waitAt(input.gate);
    await sleep(input.ms);
    return process.pid;
  },
});
