import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { ExactSum } from '../math/exact-sum.ts';

export const mathSum = defineTask({
  name: 'math.sum',
  description:
    'Adds up what the jobs of its batch gave, as a reduce job: results that are numbers, or their `field`. Exactly, and rounded once: the order changes nothing.',
  input: z.looseObject({ field: z.string().min(1).max(100).default('count') }),
  output: z.object({
    sum: z.number(),
    /** Results that were added. */
    count: z.int(),
  }),
  run: async ({ input: { field }, batchResults }) => {
    const sum = new ExactSum();
    let count = 0;
    for await (const { state, result } of batchResults()) {
      const value: unknown =
        typeof result === 'number' ? result : (Object(result) as Record<string, unknown>)[field];
      if (state !== 'succeeded' || typeof value !== 'number') continue;
      sum.add(value);
      count += 1;
    }
    return { sum: sum.value(), count };
  },
});
