import {
  describeIssues,
  explainIssue,
  HeddleError,
  issuesOf,
  jobOptionsSchema,
  refineTiming,
  ValueError,
} from '@heddle/contracts';
import type { z } from 'zod';
import { acceptJob } from '../asked-job.ts';
import type { NewJob } from '../submit-job.ts';

const schema = jobOptionsSchema.omit({ key: true, onConflict: true });
const timed = refineTiming(schema);

/**
 * As in `POST /v1/jobs`: durations are milliseconds or text such as `"30s"`. Not its keys: whose a key is the recorder says, and a
 * future has its id at once; submit with `Heddle.submit`, and take its future up with `Executor.future`.
 */
export interface FutureOptions extends z.input<typeof schema> {
  /** For tasks that take bytes. `type` is a media type. */
  readonly bytes?: NewJob['bytes'];
}

/** The options as a job has them. Throws `ValueError` naming each that is wrong. */
export function readOptions({ bytes, ...options }: FutureOptions): Omit<NewJob, 'task' | 'input'> {
  const parsed = timed.safeParse(options, { error: explainIssue });
  if (!parsed.success) throw new ValueError(describeIssues(issuesOf(parsed.error)));
  try {
    const { task: _, input: __, ...job } = acceptJob({ task: '', input: null, bytes, options: parsed.data });
    return job;
  } catch (error) {
    throw error instanceof HeddleError ? new ValueError(error.message) : error;
  }
}
