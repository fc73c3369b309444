import type { EventPublisher } from '@heddle/broker';
import type { JobSubmitter, NewJob } from '@heddle/client';
import { BATCH_CHUNK_JOBS, HeddleError } from '@heddle/contracts';

export interface BatchPorts {
  readonly submitter: Pick<JobSubmitter, 'submit' | 'refuse'>;
  readonly events: Pick<EventPublisher, 'add'>;
}

/** Submits jobs, a chunk at a time, so that a long plan does not fill the publisher. Resolves when each is confirmed, or has ended because it never can be. */
export async function submitJobs(
  ports: BatchPorts,
  jobs: readonly NewJob[],
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < jobs.length; at += BATCH_CHUNK_JOBS) {
    signal.throwIfAborted();
    await Promise.all(jobs.slice(at, at + BATCH_CHUNK_JOBS).map((job) => submitJob(ports, job)));
  }
}

async function submitJob({ submitter, events }: BatchPorts, job: NewJob): Promise<void> {
  try {
    await submitter.submit(job);
  } catch (error) {
    // The submitter itself has told the recorder that the job has failed: the batch counts it.
    if (error instanceof HeddleError && error.code === 'unknown_task') return;
    if (!(error instanceof HeddleError) || error.retryable) throw error;
    await events.add(failedEvent(job, error));
  }
}

/** A job that cannot become a message, such as one that is too large. */
function failedEvent({ id = '', task }: NewJob, { code, message }: HeddleError) {
  const now = Date.now();
  const base = { job: id, task, generation: 0, attempt: 1, run: '', seq: 0, at: now };
  return { type: 'failed' as const, ...base, worker: '', startedAt: now, error: { code, message } };
}
