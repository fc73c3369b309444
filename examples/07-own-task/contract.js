import { z } from 'zod';

/** What the task takes: the gateway checks it before there is a job, and shows it in /openapi.json. */
export const quoteInput = z.strictObject({
  items: z
    .array(
      z.strictObject({ name: z.string().min(1), cents: z.int().min(0), count: z.int().min(1).default(1) }),
    )
    .min(1)
    .max(100),
  vatPercent: z.number().min(0).max(100).default(25),
});

/** What it gives. A result that does not fit ends the job as failed. */
export const quoteResult = z.object({ net: z.int(), vat: z.int(), total: z.int() });
