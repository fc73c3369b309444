/** The bodies and parameters of the REST gateway. The OpenAPI description is made from these. */
import { z } from 'zod';
import { MAX_PATH_LENGTH } from './batch.ts';
import { durationQuerySchema } from './duration.ts';
import type { ErrorCode } from './error.ts';
import { jobErrorSchema, outputDescriptionSchema } from './event.ts';
import { fairSchema } from './fair.ts';
import {
  type JobOptions,
  jobIdSchema,
  jobOptionsSchema,
  jobStates,
  prioritySchema,
  webhookSchema,
} from './job.ts';
import { limitSchema } from './limit.ts';
import { queryNumber } from './query-number.ts';
import { retrySchema } from './retry.ts';
import { taskAnnouncementSchema, taskNameSchema } from './task.ts';

type Timing = Pick<JobOptions, 'delay' | 'runAt' | 'ttl'>;

/** Refuses two answers to "when", and a job that would expire before it may begin. */
export function refineTiming<S extends z.ZodType<Timing>>(schema: S): S {
  return schema
    .refine(({ delay, runAt }) => delay === undefined || runAt === undefined, {
      path: ['runAt'],
      error: 'expected either "delay" or "runAt", got both',
    })
    .refine(({ delay, ttl }) => delay === undefined || ttl === undefined || delay < ttl, {
      path: ['ttl'],
      error: 'expected it to be longer than "delay": the job would expire before it may begin',
    });
}

/** `POST /v1/jobs`, and each line of `POST /v1/jobs/bulk`. */
export const submitBodySchema = refineTiming(
  z.strictObject({ task: taskNameSchema, input: z.unknown(), ...jobOptionsSchema.shape }),
).meta({ id: 'SubmitJob' });
export type SubmitBody = z.infer<typeof submitBodySchema>;

export const submittedSchema = z
  .object({ id: jobIdSchema, task: taskNameSchema, state: z.enum(jobStates) })
  .meta({ id: 'SubmittedJob' });

/** One line of the answer to `POST /v1/jobs/bulk`: `line` counts from 1. */
export const bulkLineSchema = z
  .union([
    z.object({ line: z.int(), id: jobIdSchema }),
    z.object({ line: z.int(), error: z.lazy(() => problemSchema) }),
  ])
  .meta({ id: 'BulkLine' });

/** An error, as RFC 9457 has it. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** The code of the error table. */
    code: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).exactOptional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema> & { code: ErrorCode };

const time = z.iso.datetime();

/** A job, as REST shows it. */
export const jobViewSchema = z
  .object({
    id: jobIdSchema,
    task: taskNameSchema,
    state: z.enum(jobStates),
    priority: prioritySchema,
    tags: z.array(z.string()),
    attempts: z.array(
      z.object({
        number: z.int(),
        worker: z.string(),
        startedAt: time.nullable(),
        endedAt: time.nullable(),
        error: jobErrorSchema.nullable(),
      }),
    ),
    progress: z.object({ fraction: z.number(), note: z.string().nullable() }).nullable(),
    input: z.unknown(),
    body: z.object({ type: z.string(), bytes: z.int() }).nullable(),
    timeout: z.int().nullable(),
    /** The job's own; what it leaves open its task says. Durations in milliseconds. */
    retry: retrySchema.nullable(),
    batch: z.string().nullable(),
    result: z.unknown(),
    error: jobErrorSchema.nullable(),
    outputs: z.array(outputDescriptionSchema.extend({ href: z.string() })),
    acceptedAt: time,
    /** When a job that is delayed, or rests between two attempts, is due. */
    dueAt: time.nullable(),
    /** No worker begins the job after this. */
    deadline: time.nullable(),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    /** When result and outputs are deleted; in the past: they are. Null: they are kept as long as the job. */
    resultExpiresAt: time.nullable(),
    updatedAt: time,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof jobViewSchema>;

/** Query parameters of `GET /v1/jobs`. */
export const searchQuerySchema = z.strictObject({
  task: taskNameSchema.exactOptional(),
  state: z.enum(jobStates).exactOptional(),
  tag: z.string().min(1).max(100).exactOptional(),
  since: z.iso.datetime({ offset: true }).exactOptional(),
  until: z.iso.datetime({ offset: true }).exactOptional(),
  error: z.string().min(1).max(100).exactOptional(),
  cursor: z.string().min(1).max(500).exactOptional(),
  limit: queryNumber(z.int().min(1).max(200)).default(50),
});

export const jobListSchema = z
  .object({ jobs: z.array(jobViewSchema), next: z.string().nullable() })
  .meta({ id: 'JobList' });

export const taskListSchema = z
  .object({ tasks: z.array(taskAnnouncementSchema.extend({ announcedAt: time })) })
  .meta({ id: 'TaskList' });

/** `DELETE /v1/jobs/{id}`: its query and its answer. */
export const cancelQuerySchema = z.strictObject({
  /** For people; becomes the message of the job's error. */
  reason: z.string().min(1).max(500).exactOptional(),
});
export const cancelledSchema = z
  .object({ id: jobIdSchema, state: z.enum(jobStates) })
  .meta({ id: 'CancelledJob' });

/** `GET /v1/queues` */
export const queueListSchema = z
  .object({
    queues: z.array(
      z.object({
        task: taskNameSchema,
        /** Messages that wait in the task's queue; null while the queue cannot be looked at. */
        ready: z.int().nullable(),
        paused: z.boolean(),
        /** What holds for all workers together; null: nothing. Durations in milliseconds. */
        limit: limitSchema.nullable(),
        /** Of a task whose jobs are taken in fair shares; null: they are not. What waits in its lanes, as in the partitions of a serial task, is part of `ready`. */
        fair: fairSchema.nullable(),
        /** Jobs that ended a second since the gateway was last asked; null when that is long ago. */
        endedPerSecond: z.number().nullable(),
        /** Workers that serve the task. */
        workers: z.int(),
        /** How many jobs the recorder knows in each state; absent: none. */
        jobs: z.partialRecord(z.enum(jobStates), z.int()),
      }),
    ),
  })
  .meta({ id: 'QueueList' });
export type QueueView = z.infer<typeof queueListSchema>['queues'][number];

export const pausedSchema = z.object({ task: taskNameSchema, paused: z.boolean() }).meta({ id: 'Paused' });

const MAX_THUMBNAIL_SIZES = 16;
export const thumbnailFormats = ['png', 'jpeg', 'webp', 'avif'] as const;

const thumbnailSizesSchema = z
  .array(z.int().min(1).max(4096))
  .min(1)
  .max(MAX_THUMBNAIL_SIZES)
  .refine((sizes) => new Set(sizes).size === sizes.length, { error: 'expected each size once' });

/** The input of `image.thumbnail`, beside the picture's bytes. */
export const thumbnailInputSchema = z
  .strictObject({
    /** The longest side of each thumbnail, in pixels; a picture is never enlarged. */
    sizes: thumbnailSizesSchema.default([32, 64, 128]),
    format: z.enum(thumbnailFormats).default('png'),
    /** Where the picture comes from; it comes back with the result. */
    file: z.string().max(MAX_PATH_LENGTH).exactOptional(),
  })
  .meta({ id: 'ThumbnailInput' });
export type ThumbnailInput = z.infer<typeof thumbnailInputSchema>;

/** Query parameters of `POST /v1/thumbnails`: `sizes=32,64,128&format=png`, and the job options that fit into a query. */
export const thumbnailQuerySchema = refineTiming(
  z.strictObject({
    sizes: z
      .string()
      .regex(/^\d{1,4}(,\d{1,4})*$/, {
        error: 'expected whole numbers with commas between, such as 32,64,128',
      })
      .transform((text) => text.split(',').map(Number))
      .pipe(thumbnailSizesSchema)
      .exactOptional(),
    format: z.enum(thumbnailFormats).exactOptional(),
    priority: queryNumber(prioritySchema).exactOptional(),
    tag: z.union([z.string(), z.array(z.string())]).exactOptional(),
    timeout: durationQuerySchema.exactOptional(),
    delay: durationQuerySchema.exactOptional(),
    runAt: jobOptionsSchema.shape.runAt,
    ttl: durationQuerySchema.exactOptional(),
    /** The address that is told when a job has ended. */
    webhook: webhookSchema.shape.url.exactOptional(),
  }),
);
