import type { Job } from '@heddle/contracts';
import type { JobRun } from './job-run.ts';
import { crashesOf } from './refuse-start.ts';
import { republishedJob } from './republish-job.ts';
import type { WorkerPorts } from './worker-ports.ts';

/**
 * Makes a run independent of its delivery, which the broker takes back after a time: a guard, a copy of the job that comes
 * after `afterMs`, takes its place. Resolves when the guard is confirmed and the delivery acked. If nobody runs the job any
 * more when the guard comes, it is run again (`judge-guard.ts`).
 */
export async function guardRun(worker: WorkerPorts, run: JobRun, afterMs: number): Promise<void> {
  const { delivery, job } = run;
  if (delivery.lost) return;
  const guard: Partial<Job> = {
    guard: { run: run.id, worker: worker.name, doubts: 0 },
    crashes: crashesOf(delivery, job),
  };
  const copy = republishedJob(delivery, job, { attempt: job.attempt, accepted: true, ...guard });
  await worker.publishLater(copy, job.task, afterMs);
  // Its end acks the delivery, and nobody would tell any more that the guarded run is over; the guard finds that it is.
  if (run.ended) return;
  // From here on two messages stand for the job, until the ack.
  run.isGuarded = true;
  run.onGuarded?.(run, true);
  delivery.ack();
}
