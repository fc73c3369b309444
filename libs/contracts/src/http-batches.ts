/** What `/v1/batches` answers, and its parameters; the body of a submit is in `batch.ts`. */
import { z } from 'zod';
import { batchBodySchema, batchCountsSchema, batchStates } from './batch.ts';
import { durationQuerySchema } from './duration.ts';
import { jobErrorSchema } from './event.ts';
import { jobIdSchema, jobStates, prioritySchema, webhookSchema } from './job.ts';
import { queryNumber } from './query-number.ts';
import { taskNameSchema } from './task.ts';

const time = z.iso.datetime();

export const submittedBatchSchema = z
  .object({ id: jobIdSchema, task: taskNameSchema, state: z.enum(batchStates), total: z.int() })
  .meta({ id: 'SubmittedBatch' });

/** A batch, as REST shows it. */
export const batchViewSchema = z
  .object({
    id: jobIdSchema,
    task: taskNameSchema,
    state: z.enum(batchStates),
    counts: batchCountsSchema,
    /** The part of its jobs that has ended, 0 to 1. */
    progress: z.number(),
    reduceJob: jobIdSchema.nullable(),
    /** The reduce job's result. */
    result: z.unknown(),
    acceptedAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'Batch' });
export type BatchView = z.infer<typeof batchViewSchema>;

export const batchListSchema = z
  .object({ batches: z.array(batchViewSchema), next: z.string().nullable() })
  .meta({ id: 'BatchList' });

/** Query parameters of `GET /v1/batches`. */
export const batchListQuerySchema = z.strictObject({
  cursor: z.string().min(1).max(500).exactOptional(),
  limit: queryNumber(z.int().min(1).max(200)).default(50),
});

/** Query parameters of `GET /v1/batches/{id}/results`. */
export const batchResultsQuerySchema = z.strictObject({
  /** Place of the first input, from 0. */
  first: queryNumber(z.int().min(0)).default(0),
  limit: queryNumber(z.int().min(1).max(1_000)).default(100),
});

export const batchResultsSchema = z
  .object({
    results: z.array(
      z.object({
        index: z.int(),
        id: jobIdSchema,
        state: z.enum(jobStates),
        result: z.unknown(),
        error: jobErrorSchema.nullable(),
      }),
    ),
    /** `first` of the next page; null: this was the last. */
    next: z.int().nullable(),
  })
  .meta({ id: 'BatchResults' });

/** Query parameters of `POST /v1/batches` when its body is NDJSON, an input a line. */
export const batchQuerySchema = z.strictObject({
  task: taskNameSchema,
  /** Lines that one job gets together, as `items`. */
  chunk: queryNumber(batchBodySchema.shape.chunk.unwrap()).exactOptional(),
  /** The task of the reduce job. */
  reduce: taskNameSchema.exactOptional(),
  onFailure: batchBodySchema.shape.onFailure,
  priority: queryNumber(prioritySchema).exactOptional(),
  tag: z.union([z.string(), z.array(z.string())]).exactOptional(),
  timeout: durationQuerySchema.exactOptional(),
  ttl: durationQuerySchema.exactOptional(),
  resultTtl: durationQuerySchema.exactOptional(),
  webhook: webhookSchema.shape.url.exactOptional(),
});
