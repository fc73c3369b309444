import { z } from 'zod';

const common = {
  /** Kind and name, such as `lock.bank`. */
  object: z.string(),
  /** Name of the session: host and process id, unless it was given one. */
  session: z.string(),
  since: z.iso.datetime(),
};

/** Answer of `GET /v1/sync`. */
export const syncViewSchema = z
  .object({
    holders: z.array(z.object({ ...common, fence: z.number(), heldMs: z.int().min(0) })),
    waiters: z.array(z.object({ ...common, waitedMs: z.int().min(0), holds: z.array(z.string()) })),
  })
  .meta({ id: 'SyncView' });
