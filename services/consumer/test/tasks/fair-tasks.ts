import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import type { LimitInput } from '@heddle/contracts';
import { z } from 'zod';
import { waitAt } from '../../../../test/support/tasks/gates.ts';

/** Whose jobs have begun, in that order, in all workers of this process. */
export const begun: string[] = [];
/** Gates that jobs have come to. */
export const atGates: string[] = [];
/** Jobs that run, and the most that ran at once. */
export const load = { running: 0, most: 0 };

export function forgetBegun(): void {
  begun.length = 0;
  atGates.length = 0;
  Object.assign(load, { running: 0, most: 0 });
}

interface More {
  readonly concurrency?: number;
  readonly limit?: LimitInput;
  readonly lanes?: number;
}

const fairTask = (name: string, { lanes, ...more }: More) =>
  defineTask({
    name,
    input: z.object({ tenant: z.string(), ms: z.number(), gate: z.string().optional() }),
    fair: {
      by: ({ tenant }) => tenant,
      weight: (tenant) => (tenant.startsWith('heavy') ? 3 : 1),
      ...(lanes !== undefined && { lanes }),
    },
    ...more,
    run: async ({ input }) => {
      begun.push(input.tenant);
      load.running += 1;
      load.most = Math.max(load.most, load.running);
      if (input.gate !== undefined) {
        atGates.push(input.gate);
        await waitAt(input.gate);
      }
      await sleep(input.ms);
      load.running -= 1;
    },
  });

export const one = fairTask('fair.one', { concurrency: 1 });
export const many = fairTask('fair.many', { concurrency: 4, lanes: 4 });
export const limited = fairTask('fair.limited', { limit: { concurrency: 2 } });
