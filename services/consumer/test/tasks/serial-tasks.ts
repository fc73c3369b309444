import { setTimeout as sleep } from 'node:timers/promises';
import { defineState, defineTask } from '@heddle/client';
import { z } from 'zod';
import { waitAt } from '../../../../test/support/tasks/gates.ts';

const counts = defineState({ name: 'counts', schema: z.object({ count: z.int() }), initial: { count: 0 } });

/** Gates that the second attempts of jobs have come to. */
export const secondAttempts: string[] = [];

/** Counts by key; fails until its attempt has that number. The second attempt waits at `secondAt`, if there is one. */
export const count = defineTask({
  name: 'serial.count',
  input: z.object({ key: z.string(), succeedsAt: z.int().default(1), secondAt: z.string().optional() }),
  serialBy: (input) => input.key,
  state: counts,
  retry: { attempts: 3, delay: 100, jitter: 0 },
  run: async ({ input, job, state, commit }) => {
    if (job.attempt === 2 && input.secondAt !== undefined) {
      secondAttempts.push(input.secondAt);
      await waitAt(input.secondAt);
    }
    if (job.attempt < input.succeedsAt) throw new Error('not yet');
    return commit({ count: state.count + 1 }, state.count + 1);
  },
});

/** Keys of which a job has begun. */
export const held: string[] = [];

/** Gates that a job has come to, each time that it was run. */
export const atGates: string[] = [];

/** Goes on until the test opens its gate. */
export const gated = defineTask({
  name: 'serial.gated',
  input: z.object({ key: z.string(), gate: z.string() }),
  serialBy: (input) => input.key,
  run: async ({ input }) => {
    atGates.push(input.gate);
    await waitAt(input.gate);
    return 'ended';
  },
});

/** Goes on until it is told to end, one at a time. */
export const hold = defineTask({
  name: 'serial.hold',
  input: z.object({ key: z.string() }),
  serialBy: (input) => input.key,
  concurrency: 1,
  run: async ({ input, signal }) => {
    held.push(input.key);
    await sleep(600_000, undefined, { signal });
  },
});
