import { setImmediate as turn } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';
import { countPrimes } from '../math/count-primes.ts';

const HIGHEST = 1e14;
const MOST_NUMBERS = 1e11;
/** Between two looks at the signal, which comes as a message. */
const LOOK_EVERY_MS = 50;

export const mathCountPrimes = defineTask({
  name: 'math.count-primes',
  description:
    'Counts the primes from `from` to below `to`, up to 10^14, by segments. A range for a batch, with `math.sum` to add the counts up.',
  input: z
    .strictObject({ from: z.int().min(0).max(HIGHEST), to: z.int().min(0).max(HIGHEST) })
    .check(({ value: { from, to }, issues }) => {
      if (from <= to && to - from <= MOST_NUMBERS) return;
      const message = `expected "from" (${from}) or up to ${MOST_NUMBERS} more, got ${to}`;
      issues.push({ code: 'custom', path: ['to'], input: to, message });
    }),
  output: z.object({ from: z.int(), to: z.int(), count: z.int() }),
  pool: 'thread',
  timeout: '1h',
  run: async ({ input: { from, to }, signal, progress }) => {
    let count = 0;
    let lookedAt = performance.now();
    for (const { found, at } of countPrimes(from, to)) {
      count = found;
      if (performance.now() - lookedAt < LOOK_EVERY_MS) continue;
      await turn();
      signal.throwIfAborted();
      progress((at - from) / (to - from), `${found} primes below ${at}`);
      lookedAt = performance.now();
    }
    return { from, to, count };
  },
});
