/** The bodies and parameters of `/v1/dead`. */
import { z } from 'zod';
import { jobIdSchema } from './job.ts';
import { queryNumber } from './query-number.ts';
import { deadSelectionSchema } from './request.ts';
import { taskNameSchema } from './task.ts';

const groupSchema = deadSelectionSchema.omit({ ids: true });

/** Query parameters of `GET /v1/dead`; any of `task`, `error` and `day` asks for the jobs of a group. */
export const deadQuerySchema = groupSchema.extend({
  cursor: z.string().min(1).max(500).exactOptional(),
  limit: queryNumber(z.int().min(1).max(200)).default(50),
});

export const deadGroupsSchema = z
  .object({
    groups: z.array(
      z.object({
        task: taskNameSchema,
        /** Error code. */
        error: z.string(),
        /** UTC day of death. */
        day: z.iso.date(),
        count: z.int(),
        /** The job that died last. */
        newest: jobIdSchema,
      }),
    ),
  })
  .meta({ id: 'DeadGroups' });

const selection = {
  ...deadSelectionSchema.shape,
  /** Needed to say all of them, when nothing narrows it down. */
  all: z.literal(true).exactOptional(),
  /** At most so many by one request; the answer says how many are left. */
  limit: z.int().min(1).max(10_000).default(1_000),
};

function narrowed({ ids, task, error, day, all }: Partial<Record<keyof typeof selection, unknown>>): boolean {
  return [ids, task, error, day, all].some((part) => part !== undefined);
}
const NOT_NARROWED = { error: 'expected "ids", "task", "error" or "day", or "all": true' };

/** `POST /v1/dead/replay` */
export const replayBodySchema = z
  .strictObject({
    ...selection,
    /** Instead of the input that failed; only with one id. */
    input: z.unknown().optional(),
  })
  .refine(narrowed, NOT_NARROWED)
  .refine(({ ids, input }) => input === undefined || ids?.length === 1, {
    path: ['input'],
    error: 'expected it only together with one id in "ids"',
  })
  .meta({ id: 'ReplayDead' });

/** `DELETE /v1/dead` */
export const dropBodySchema = z
  .strictObject(selection)
  .refine(narrowed, NOT_NARROWED)
  .meta({ id: 'DropDead' });

/** The same as a query. */
export const dropQuerySchema = z.strictObject({
  ...groupSchema.shape,
  id: z.union([jobIdSchema, z.array(jobIdSchema)]).exactOptional(),
  all: z.literal('true').exactOptional(),
  limit: queryNumber(z.int().min(1).max(10_000)).exactOptional(),
});

export const replayedSchema = z
  .object({
    replayed: z.int(),
    skipped: z.array(z.object({ id: jobIdSchema, reason: z.string() })),
    /** Jobs of the selection that were not looked at. */
    left: z.int(),
  })
  .meta({ id: 'ReplayedDead' });

export const droppedSchema = z.object({ dropped: z.int(), left: z.int() }).meta({ id: 'DroppedDead' });
