import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { waitAt } from '../../../../test/support/tasks/gates.ts';

/** Reports progress, once a tenth, for as long as it is told. */
export const stepper = defineTask({
  name: 'test.step',
  input: z.object({ ms: z.number() }),
  run: async ({ input, progress }) => {
    for (let step = 1; step <= 10; step++) {
      progress(step / 10, `step ${step}`);
      await new Promise((resolve) => setTimeout(resolve, input.ms / 10));
    }
    return { steps: 10 };
  },
});

/** Fails when its test opens the gate. */
export const gatedFailure = defineTask({
  name: 'test.gated-failure',
  input: z.object({ gate: z.string() }),
  run: async ({ input }) => {
    await waitAt(input.gate);
    throw new RangeError('the gate is open');
  },
});

/** Runs in a child process; throws at 13. */
export const square = defineTask({
  name: 'test.square',
  input: z.object({ of: z.number() }),
  output: z.object({ squared: z.number() }),
  pool: 'process',
  run: ({ input }) => {
    if (input.of === 13) throw new RangeError('13 is not squared here');
    return { squared: input.of * input.of };
  },
});
