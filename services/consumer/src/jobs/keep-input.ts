import { createHash } from 'node:crypto';
import { MAX_RECORDED_INPUT_BYTES } from '@heddle/contracts';
import type { JobRun } from './job-run.ts';
import type { Outcome } from './outcome.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** The output that holds what the recorder does not keep of a job: bytes, or a long input. People do not see it. */
const KEPT_INPUT = '$input';

/**
 * Sees to it that a job which ends badly can be sent again: what the recorder does not have of its input becomes an
 * output. Resolves when that is confirmed, so that it is there before the job's end is.
 */
export async function keepInput(worker: WorkerPorts, run: JobRun, outcome: Outcome): Promise<void> {
  if (outcome.state !== 'failed' && outcome.state !== 'dead') return;
  const { bytes } = run.job;
  const { body } = run.delivery.message;
  if (!bytes && body.length <= MAX_RECORDED_INPUT_BYTES) return;
  if (body.length > worker.publisher.maxMessageBytes) {
    worker.log.warn({ job: run.job.id, bytes: body.length }, 'an input is too large to be kept for a replay');
    return;
  }
  const type = (bytes?.type ?? 'application/json').slice(0, 200);
  const sha256 = createHash('sha256').update(body).digest('hex');
  await run.addOutput({ name: KEPT_INPUT, type, bytes: body.length, sha256 }, body);
}
