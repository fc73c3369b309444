import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { jobIdSchema, jobOptionsSchema } from './job.ts';
import { taskNameSchema } from './task.ts';

/** `POST /v1/schedules`: either `cron` (five or six fields, with `timeZone`) or `every`. */
export const scheduleBodySchema = z
  .strictObject({
    /** A name of one's own: posting the same again changes the schedule. Absent: a new one. */
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, { error: 'expected lower-case letters, digits, ".", "_", "-"' })
      .exactOptional(),
    task: taskNameSchema,
    input: z.unknown(),
    cron: z.string().max(200).exactOptional(),
    /** IANA name such as "Europe/Berlin"; default UTC. */
    timeZone: z.string().max(100).exactOptional(),
    every: durationSchema.exactOptional(),
    /** Ticks missed while no producer was up: `skip` (default) all, or `run-once` for all of them together. */
    missed: z.enum(['skip', 'run-once']).exactOptional(),
    paused: z.boolean().exactOptional(),
    options: jobOptionsSchema.omit({ runAt: true, delay: true, key: true, onConflict: true }).exactOptional(),
  })
  .refine((body) => (body.cron === undefined) !== (body.every === undefined), {
    error: 'expected either "cron" or "every"',
  })
  .meta({ id: 'Schedule' });
export type ScheduleBody = z.output<typeof scheduleBodySchema>;

/** A schedule as the recorder knows it; times in milliseconds since the epoch, durations in milliseconds. */
export const scheduleRecordSchema = z.object({
  id: z.string(),
  task: taskNameSchema,
  input: z.unknown(),
  cron: z.string().nullable(),
  timeZone: z.string(),
  everyMs: z.int().nullable(),
  missed: z.enum(['skip', 'run-once']),
  paused: z.boolean(),
  options: z.record(z.string(), z.unknown()),
  /** Ticks up to here have been dealt with. */
  lastTickAt: z.int().nullable(),
  lastJob: jobIdSchema.nullable(),
  createdAt: z.int(),
});
export type ScheduleRecord = z.infer<typeof scheduleRecordSchema>;
