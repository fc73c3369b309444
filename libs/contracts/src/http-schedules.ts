/** What `/v1/schedules` answers; its body is in `schedule.ts`. */
import { z } from 'zod';
import { jobIdSchema } from './job.ts';
import { scheduleBodySchema } from './schedule.ts';
import { taskNameSchema } from './task.ts';

const time = z.iso.datetime();

/** A schedule, as REST shows it. */
export const scheduleViewSchema = z
  .object({
    id: z.string(),
    task: taskNameSchema,
    input: z.unknown(),
    cron: z.string().nullable(),
    timeZone: z.string(),
    /** Milliseconds. */
    every: z.int().nullable(),
    missed: z.enum(['skip', 'run-once']),
    paused: z.boolean(),
    /** Of each job; durations in milliseconds. */
    options: z.record(z.string(), z.unknown()),
    /** Null while it is paused. */
    nextRunAt: time.nullable(),
    /** Its times up to here have been dealt with: run, or passed over. */
    lastTickAt: time.nullable(),
    /** Of its last run. */
    lastJob: jobIdSchema.nullable(),
    createdAt: time,
  })
  .meta({ id: 'ScheduleView' });
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

export const scheduleListSchema = z
  .object({ schedules: z.array(scheduleViewSchema) })
  .meta({ id: 'ScheduleList' });

/** `POST /v1/schedules/{id}`: what is to be otherwise from now on. */
export const scheduleChangeSchema = z
  .strictObject(scheduleBodySchema.shape)
  .omit({ id: true })
  .partial()
  .refine((change) => change.cron === undefined || change.every === undefined, {
    error: 'expected either "cron" or "every"',
  })
  .meta({ id: 'ScheduleChange' });

export const scheduleDeletedSchema = z.object({ id: z.string() }).meta({ id: 'DeletedSchedule' });
