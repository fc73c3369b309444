import { restAfter, retryPolicy } from '@heddle/contracts';
import type { JobRun } from './job-run.ts';
import type { Outcome } from './outcome.ts';

/**
 * What becomes of a job whose run came to nothing. Another attempt cannot help: `failed`. Attempts are left: it rests.
 * They are used up: `dead`, or `failed` when there was but one and its handler ended it.
 */
export function planRetry(
  run: Pick<JobRun, 'job' | 'task'>,
  outcome: Outcome,
  tries: number = run.job.attempt,
): Outcome {
  if (outcome.state !== 'failed' && outcome.state !== 'dead') return outcome;
  if (outcome.retryable === false) return outcome;
  const { job, task } = run;
  const { error, retryAfterMs } = outcome;
  const policy = retryPolicy(job.retry, task.retry, error.code);
  if (tries < policy.attempts) {
    return { state: 'retrying', error, restMs: retryAfterMs ?? restAfter(policy, tries) };
  }
  return policy.attempts === 1 ? outcome : { state: 'dead', error };
}
