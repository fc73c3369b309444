import type { Delivery } from '@heddle/broker';
import { type Job, SUSPECT_SUFFIX } from '@heddle/contracts';
import { republishedJob } from './republish-job.ts';
import type { WorkerPorts } from './worker-ports.ts';

/**
 * Moves a job that somebody held before to the queue of suspects, where it runs alone and the broker counts how often it
 * takes its worker down. Most are innocent: their neighbour did it, or a connection was lost.
 * Resolves when the copy is confirmed; the delivery is still to be acked.
 */
export async function isolateSuspect(
  { publisher }: WorkerPorts,
  delivery: Delivery,
  job: Job,
): Promise<void> {
  const copy = republishedJob(delivery, job, job);
  await publisher.publish('heddle.submit', `${job.task}${SUSPECT_SUFFIX}`, copy, { mandatory: true });
}
