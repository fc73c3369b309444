import { describeIssues, issuesOf, jobOptionsSchema, ValueError } from '@heddle/contracts';
import type { z } from 'zod';
import type { NewJob } from '../submit-job.ts';

/** As in `POST /v1/jobs`: durations are milliseconds or text such as `"30s"`. */
export interface FutureOptions
  extends Omit<z.input<typeof jobOptionsSchema>, 'key' | 'onConflict' | 'runAt' | 'webhook'> {
  /** For tasks that take bytes. `type` is a media type. */
  readonly bytes?: NewJob['bytes'];
}

const schema = jobOptionsSchema.pick({
  priority: true,
  timeout: true,
  tags: true,
  delay: true,
  ttl: true,
  resultTtl: true,
  retry: true,
});

/** The options as a job has them. Throws `ValueError` naming each that is wrong. */
export function readOptions({ bytes, ...options }: FutureOptions): Omit<NewJob, 'task' | 'input'> {
  const parsed = schema.safeParse(options);
  if (!parsed.success) throw new ValueError(describeIssues(issuesOf(parsed.error)));
  const { priority, timeout, tags, delay, ttl, resultTtl, retry } = parsed.data;
  return {
    priority,
    tags,
    retry,
    bytes,
    timeoutMs: timeout,
    delayMs: delay,
    resultTtlMs: resultTtl,
    deadline: ttl === undefined ? undefined : Date.now() + ttl,
  };
}
