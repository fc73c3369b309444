import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { waitAt } from './gates.ts';

/** Runs until its test opens the gate. */
export const gated = defineTask({
  name: 'test.gated',
  input: z.object({ gate: z.string() }),
  output: z.string(),
  run: async ({ input }) => {
    await waitAt(input.gate);
    return 'through';
  },
});
