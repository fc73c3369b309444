import { checkResult, checkResults } from './check-job.ts';
import type { JobRun } from './job-run.ts';
import { dead, failed, type Outcome } from './outcome.ts';

/**
 * What the end of a handler means for its job: time that ran out, or a cancel, counts for more than what the handler made
 * of it, a shutdown is nobody's failure, and a result has to fit its schema.
 */
export function judgeRun(run: JobRun, ended: Outcome): Outcome {
  if (run.stopReason === 'timed_out') return dead('timed_out', run.stopError().message);
  if (run.stopReason === 'cancelled') {
    return { state: 'cancelled', error: { code: 'cancelled', message: run.stopError().message } };
  }
  if (ended.state !== 'succeeded')
    return run.stopReason === 'shutting_down' ? { state: 'handed-back' } : ended;
  if (!run.task.output) return ended;
  try {
    const check = run.isChunk ? checkResults : checkResult;
    return { state: 'succeeded', result: check(run.task, ended.result) };
  } catch (error) {
    return failed(error);
  }
}
