import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import { z } from 'zod';

/** Each job gives back when it ran, in milliseconds since the epoch. */
const bounded = (name, options) =>
  defineTask({
    name,
    input: z.object({ tenant: z.string() }),
    ...options,
    run: async () => {
      const began = Date.now();
      await sleep(30);
      return { began, ended: Date.now() };
    },
  });

export const slots = bounded('bounded.slots', { limit: { concurrency: 2 } });
export const rate = bounded('bounded.rate', { limit: { rate: { count: 3, per: '300ms' } } });
export const shares = bounded('bounded.shares', {
  concurrency: 1,
  fair: { by: ({ tenant }) => tenant, lanes: 3 },
});
