import type { Task } from '@heddle/client';
import type { Job } from '@heddle/contracts';
import { JobRun } from '../src/jobs/job-run.ts';
import { type HeldDelivery, holdDelivery, received, someJob } from './held-delivery.ts';
import { type RecordingWorker, recordingWorker } from './recording-worker.ts';

/** A run of this task that has passed its checks. */
export function someRun(
  task: Task,
  options: { job?: Partial<Job>; worker?: RecordingWorker } = {},
): { run: JobRun; worker: RecordingWorker; delivery: HeldDelivery; job: Job } {
  const worker = options.worker ?? recordingWorker();
  const job = someJob({ task: task.name, ...options.job });
  const delivery = holdDelivery(received(job));
  return { run: new JobRun(worker, delivery, task, job, job.input), worker, delivery, job };
}
