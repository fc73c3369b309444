import type { Delivery } from '@heddle/broker';
import { HeddleError, type Job } from '@heddle/contracts';
import { adoptMessage } from '../jobs/adopt-message.ts';
import { checkJob } from '../jobs/check-job.ts';
import type { DecodedDelivery } from '../jobs/decode-delivery.ts';
import { refuseInput, refuseJob, refuseMessage } from '../jobs/end-unrun.ts';
import type { TaskService } from '../jobs/task-service.ts';

/** A delivery that holds a job with a key, or what is to be done with one that does not. */
export type ReadSerialJob =
  | { readonly is: 'job'; readonly job: Job; readonly input: unknown; readonly key: string }
  /** Resolves when the delivery is settled; rejects if the broker did not confirm what had to be told first. */
  | { readonly is: 'other'; settle(): Promise<void> };

/** Finds out the key of a job: it is the task's own function that tells, of the input that its schema gives. */
export function readSerialJob(
  service: TaskService,
  delivery: Delivery,
  decoded: DecodedDelivery,
): ReadSerialJob {
  const { task, worker } = service;
  if (decoded.is !== 'job') {
    const settle = async (): Promise<void> => {
      if (decoded.is === 'nameless') await adoptMessage(worker, delivery, task.name);
      else await refuseMessage(service, delivery, decoded.reason);
      delivery.ack();
    };
    return { is: 'other', settle };
  }
  const { job } = decoded;
  const checked = checkJob(job, task);
  if (!checked.ok) return { is: 'other', settle: () => refuseInput(service, delivery, job, checked.issues) };
  try {
    const key = task.serial?.keyOf(checked.input) ?? '';
    return { is: 'job', job, input: checked.input, key };
  } catch (error) {
    const fault =
      error instanceof HeddleError ? error : new HeddleError('invalid_key', String(error), { cause: error });
    return { is: 'other', settle: () => refuseJob(service, delivery, job, fault) };
  }
}
