/** `POST /v1/gather`: many small jobs, one answer. */
import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { jobErrorSchema } from './event.ts';
import { jobIdSchema, jobOptionsSchema, prioritySchema, terminalStates } from './job.ts';
import { taskNameSchema } from './task.ts';

export const MOST_GATHERED_JOBS = 1_000;
const LONGEST_MS = 60_000;

const list = <S extends z.ZodType>(of: S) => z.array(of).min(1).max(MOST_GATHERED_JOBS);

export const gatherBodySchema = z
  .strictObject({
    /** Jobs of several tasks. */
    jobs: list(z.strictObject({ task: taskNameSchema, input: z.unknown() })).exactOptional(),
    /** Or the inputs of one. */
    task: taskNameSchema.exactOptional(),
    inputs: list(z.unknown()).exactOptional(),
    /** When the answer is sent, whatever has come: 5 s by default, at most a minute. */
    deadline: durationSchema
      .refine((ms) => ms <= LONGEST_MS, {
        error: ({ input }) => `expected at most "1m", got ${String(input)} ms`,
      })
      .default(5_000),
    /** `stop` (default): what has not begun by the deadline never does, and what runs is stopped. `finish`: all run to their ends. */
    late: z.enum(['stop', 'finish']).default('stop'),
    priority: prioritySchema.exactOptional(),
    tags: jobOptionsSchema.shape.tags,
  })
  .refine(
    ({ jobs, task, inputs }) =>
      jobs === undefined
        ? task !== undefined && inputs !== undefined
        : task === undefined && inputs === undefined,
    { error: 'expected either "jobs", or "task" and "inputs"' },
  )
  .meta({ id: 'Gather' });
export type GatherBody = z.output<typeof gatherBodySchema>;

/** `unfinished`: it had not ended by the deadline. `refused`: it could not be submitted, and never runs. */
export const gatheredStates = [...terminalStates, 'unfinished', 'refused'] as const;

export const gatheredSchema = z
  .object({
    /** Whether every job has succeeded in time: nothing is missing. */
    complete: z.boolean(),
    succeeded: z.int(),
    unfinished: z.int(),
    /** In the order of the jobs. */
    results: z.array(
      z.object({
        id: jobIdSchema.nullable(),
        state: z.enum(gatheredStates),
        result: z.unknown(),
        error: jobErrorSchema.nullable(),
        /** The result did not fit into the answer: it is at `/v1/jobs/{id}`. */
        omitted: z.literal(true).exactOptional(),
      }),
    ),
  })
  .meta({ id: 'Gathered' });
export type Gathered = z.infer<typeof gatheredSchema>;
export type GatheredJob = Gathered['results'][number];
