import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const input = z.object({ number: z.number(), text: z.string(), ms: z.number().optional() });
type Input = z.infer<typeof input>;

/** What the tasks of this benchmark have in common: they give back what they get, at once or after `ms`. */
export const noop = {
  input,
  run: async ({ input: given }: { readonly input: Input }): Promise<Input> => {
    if (given.ms !== undefined) await sleep(given.ms);
    return given;
  },
};
