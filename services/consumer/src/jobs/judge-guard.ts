import type { Delivery } from '@heddle/broker';
import { HeddleError, isTerminal, type Job, type JobRecord } from '@heddle/contracts';
import { isolateSuspect } from './isolate-suspect.ts';
import { republishedJob } from './republish-job.ts';
import type { TaskService } from './task-service.ts';

/** Until a guard is asked again for which there was no clear answer: the recorder may be behind, or away. */
const DOUBT_MS = 5_000;

type Guard = NonNullable<Job['guard']>;

/**
 * What becomes of a guard that has come: the job has ended, or another run of it has begun: it is dropped. Its run goes on
 * somewhere: it comes again. Nobody runs it, and that twice in a row: its worker has crashed, and it is run again, as a suspect.
 * Resolves when what follows is confirmed, and the guard acked.
 */
export async function judgeGuard(
  service: TaskService,
  delivery: Delivery,
  job: Job,
  guard: Guard,
): Promise<void> {
  const { worker, guards } = service;
  const isOver = await askRecorder(service, job, guard);
  if (isOver === true) return delivery.ack();
  const again = (doubts: number) =>
    republishedJob(delivery, job, { ...job, accepted: true, guard: { ...guard, doubts } });
  if (await guards.isRunning(guard)) {
    await worker.publishLater(again(0), job.task, guards.afterMs);
  } else if (isOver === undefined || guard.doubts === 0) {
    await worker.publishLater(again(1), job.task, Math.min(DOUBT_MS, guards.afterMs));
  } else {
    worker.log.warn(
      { job: job.id, task: job.task, worker: guard.worker },
      'a long job has lost its worker and is run again',
    );
    await isolateSuspect(worker, delivery, { ...job, guard: undefined, crashes: (job.crashes ?? 0) + 1 });
  }
  delivery.ack();
}

/** Whether the guarded run is over; undefined while the recorder does not say. */
async function askRecorder({ worker }: TaskService, job: Job, guard: Guard): Promise<boolean | undefined> {
  try {
    return isOver(await worker.recorder.ask({ op: 'job', id: job.id }), job, guard);
  } catch (error) {
    // One that is not in the database is too old to be there, or was never told of.
    return error instanceof HeddleError && error.code === 'job_not_found' ? false : undefined;
  }
}

function isOver(record: JobRecord, job: Job, guard: Guard): boolean {
  if (isTerminal(record.state) || record.generation > job.generation) return true;
  const guarded = record.attempts.find(({ run }) => run === guard.run);
  const begun = guarded?.startedAt ?? 0;
  return (
    (guarded !== undefined && guarded.endedAt !== null) ||
    record.attempts.some(
      ({ number, run, startedAt }) => number > job.attempt || (run !== guard.run && (startedAt ?? 0) > begun),
    )
  );
}
