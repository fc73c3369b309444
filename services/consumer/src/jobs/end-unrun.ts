import { type Delivery, setAside } from '@heddle/broker';
import { describeIssues, HeddleError, type Job, jobQueue } from '@heddle/contracts';
import { countErrors } from './count-errors.ts';
import { JobRun } from './job-run.ts';
import { failed, type Outcome } from './outcome.ts';
import { settleRun } from './settle-run.ts';
import type { TaskService } from './task-service.ts';

/** Ends a job without having run it. */
export async function endUnrun(
  { task, metrics, control, worker }: TaskService,
  delivery: Delivery,
  job: Job,
  outcome: Outcome,
): Promise<void> {
  const told = await settleRun(worker, new JobRun(worker, delivery, task, job, undefined), outcome);
  control.forget(job);
  countErrors(metrics, told);
  if (told.state !== 'handed-back' && told.state !== 'retrying') metrics.finished(told.state);
}

/** A message that is no job. The delivery is still to be acked. */
export async function refuseMessage(
  { task, worker }: TaskService,
  delivery: Delivery,
  detail: string,
): Promise<void> {
  const source = jobQueue(task.name);
  await setAside(worker, 'job', delivery.message, { code: 'unreadable_message', detail, source });
}

/** A job whose input does not fit: the message is kept for a person to look at, and the job ends as failed. */
export async function refuseInput(
  service: TaskService,
  delivery: Delivery,
  job: Job,
  issues: HeddleError['issues'],
): Promise<void> {
  await refuseJob(
    service,
    delivery,
    job,
    new HeddleError('invalid_input', describeIssues(issues), { issues }),
  );
}

/** A job that cannot be dealt with as it is. */
export async function refuseJob(
  service: TaskService,
  delivery: Delivery,
  job: Job,
  error: HeddleError,
): Promise<void> {
  const reason = { code: error.code, detail: error.message, source: jobQueue(job.task) };
  await setAside(service.worker, 'job', delivery.message, reason);
  await endUnrun(service, delivery, job, failed(error));
}
