import { defineTask } from '@heddle/client';
import { z } from 'zod';

export const debugSum = defineTask({
  name: 'debug.sum',
  description:
    'Adds up the numbers of a range, or the results of the batch that it reduces. For trying batches.',
  /** `to` is behind the last number. Without a range: what the jobs of the batch gave. */
  input: z.looseObject({ from: z.int().exactOptional(), to: z.int().exactOptional() }),
  output: z.object({
    sum: z.number(),
    /** Numbers that were added. */
    count: z.int(),
  }),
  run: async ({ input, batchResults }) => {
    const { from, to } = input;
    if (from !== undefined && to !== undefined) {
      const count = Math.max(0, to - from);
      return { sum: (count * (from + to - 1)) / 2, count };
    }
    const total = { sum: 0, count: 0 };
    for await (const { result } of batchResults()) {
      const number = numberIn(result);
      if (number === undefined) continue;
      total.sum += number;
      total.count += 1;
    }
    return total;
  },
});

/** A result that is a number, or says one under `sum`. */
function numberIn(result: unknown): number | undefined {
  if (typeof result === 'number') return result;
  const { sum } = Object(result) as { sum?: unknown };
  return typeof sum === 'number' ? sum : undefined;
}
