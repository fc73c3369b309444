import { defineTask } from '@heddle/client';
import { z } from 'zod';

export const debugFail = defineTask({
  name: 'debug.fail',
  description: 'Throws an error with this message and code. For trying failure.',
  input: z.strictObject({
    message: z.string().max(1_000),
    code: z.string().min(1).max(100).exactOptional(),
    /** Whether another attempt may help. */
    retryable: z.boolean().exactOptional(),
    /** How long the next attempt is to wait, whatever the policy says. */
    retryAfterMs: z.int().min(1).max(86_400_000).exactOptional(),
  }),
  timeout: '30s',
  run: ({ input }): never => {
    const { message, ...properties } = input;
    throw Object.assign(new Error(message), properties);
  },
});
