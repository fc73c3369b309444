import { z } from 'zod';
import { jobIdSchema, jobOptionsSchema } from './job.ts';
import { taskNameSchema } from './task.ts';

export const batchStates = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type BatchState = (typeof batchStates)[number];

/** Jobs that one expansion message asks for, at most. */
export const BATCH_CHUNK_JOBS = 100;
/** Bytes of inputs in one expansion message, unless a single input has more. */
export const BATCH_CHUNK_BYTES = 256 * 1024;
/** Most jobs of a batch. */
export const MAX_BATCH_JOBS = 10_000_000;

/** Characters of a path, at most. */
export const MAX_PATH_LENGTH = 4_096;
/** Most inputs of a list that one job gets. */
const MAX_CHUNK_ITEMS = 100_000;

/** Options that every job of a batch gets. */
const batchJobOptions = jobOptionsSchema.omit({ key: true, onConflict: true, runAt: true, delay: true });

const rangeSchema = z
  .strictObject({
    /** First number. */
    from: z.int(),
    /** Behind the last number. */
    to: z.int(),
    /** Numbers a job: each job's input is `{from, to}` of its chunk, merged into `input`. */
    chunk: z.int().min(1).default(1),
  })
  .refine(({ from, to }) => from < to, { error: 'expected "from" to be less than "to"' })
  .refine(({ from, to, chunk }) => Math.ceil((to - from) / chunk) <= MAX_BATCH_JOBS, {
    error: `expected at most ${MAX_BATCH_JOBS} chunks`,
  });

/** `POST /v1/batches`: the jobs' inputs as a list, one or a chunk for each job, or a range of numbers in chunks. */
export const batchBodySchema = z
  .strictObject({
    task: taskNameSchema,
    inputs: z.array(z.unknown()).min(1).exactOptional(),
    /** Inputs of a list that one job gets together, as `items`: for work so small that a message for each would cost more. */
    chunk: z.int().min(1).max(MAX_CHUNK_ITEMS).exactOptional(),
    range: rangeSchema.exactOptional(),
    /** A folder that the producers see, for a task that takes bytes: a job for each file in it and below, whose path comes as `file`. */
    folder: z.string().min(1).max(MAX_PATH_LENGTH).exactOptional(),
    /** Fields that every job gets beside `from` and `to` of a range, beside `items`, or beside `file`. */
    input: z.record(z.string(), z.unknown()).exactOptional(),
    /** A job that runs when all others have ended, over their results in the order of the inputs. */
    reduce: z.strictObject({ task: taskNameSchema, input: z.unknown().optional() }).exactOptional(),
    /** `stop`: the first job that does not succeed cancels the rest. `collect` (default): the others go on. */
    onFailure: z.enum(['stop', 'collect']).exactOptional(),
    ...batchJobOptions.shape,
  })
  .refine(
    (body) => [body.inputs, body.range, body.folder].filter((given) => given !== undefined).length === 1,
    {
      error: 'expected one of "inputs", "range" and "folder"',
    },
  )
  .refine((body) => body.chunk === undefined || body.inputs !== undefined, {
    path: ['chunk'],
    error: 'expected it only together with "inputs"; a range has one of its own',
  })
  .refine((body) => body.input === undefined || body.inputs === undefined || body.chunk !== undefined, {
    path: ['input'],
    error: 'expected it only together with "range", "folder" or "chunk"',
  })
  .meta({ id: 'SubmitBatch' });
export type BatchBody = z.output<typeof batchBodySchema>;

/** What every job of a batch is made with; durations in milliseconds. */
export const batchPlanSchema = z.object({
  id: jobIdSchema,
  task: taskNameSchema,
  /** 0 while a producer still lists the folder. */
  total: z.int().min(0),
  reduce: z.object({ task: taskNameSchema, input: z.unknown().optional() }).exactOptional(),
  onFailure: z.enum(['stop', 'collect']),
  /** Of each job; as in `jobOptionsSchema`, parsed. */
  options: z.object({
    priority: z.int().exactOptional(),
    tags: z.array(z.string()).exactOptional(),
    timeout: z.int().exactOptional(),
    ttl: z.int().exactOptional(),
    resultTtl: z.int().exactOptional(),
    retry: jobOptionsSchema.shape.retry,
  }),
  acceptedAt: z.int(),
  webhook: jobOptionsSchema.shape.webhook,
  /** W3C trace context that all its jobs are part of. */
  traceparent: z.string().max(200).exactOptional(),
  /** Of a batch over a folder, whose inputs are files. */
  files: z
    .object({
      folder: z.string().min(1).max(MAX_PATH_LENGTH),
      /** Fields that every job gets beside `file`. */
      input: z.record(z.string(), z.unknown()),
    })
    .exactOptional(),
});
export type BatchPlan = z.infer<typeof batchPlanSchema>;
/** What the producers need of it: how many jobs there are is not known before the last input has come. */
export const expansionPlanSchema = batchPlanSchema.omit({ total: true });
export type ExpansionPlan = z.infer<typeof expansionPlanSchema>;

/** An input of a batch over a folder: a path from there, or, as the only one, why there is none. */
export const fileInputSchema = z.union([
  z.string().min(1).max(MAX_PATH_LENGTH),
  z.object({ refused: z.string() }),
]);
export type FileInput = z.infer<typeof fileInputSchema>;

/** Jobs of a batch that have ended, by how; and all that there are to be. */
export const batchCountsSchema = z.object({
  total: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  dead: z.int(),
  cancelled: z.int(),
  expired: z.int(),
});
export type BatchCounts = z.infer<typeof batchCountsSchema>;

/** A batch as the recorder knows it; times in milliseconds since the epoch. */
export const batchRecordSchema = z.object({
  id: jobIdSchema,
  task: taskNameSchema,
  state: z.enum(batchStates),
  counts: batchCountsSchema,
  reduceJob: jobIdSchema.nullable(),
  /** The reduce job's result. */
  result: z.unknown(),
  acceptedAt: z.int(),
  endedAt: z.int().nullable(),
});
export type BatchRecord = z.infer<typeof batchRecordSchema>;
