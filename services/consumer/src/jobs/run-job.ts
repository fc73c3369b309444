import type { Delivery } from '@heddle/broker';
import type { Task } from '@heddle/client';
import { describeIssues, HeddleError, type Job } from '@heddle/contracts';
import type { TaskMetrics } from '@heddle/service';
import type { Pool } from '../pools/pool.ts';
import { adoptMessage } from './adopt-message.ts';
import { checkJob } from './check-job.ts';
import { decodeDelivery } from './decode-delivery.ts';
import { JobRun } from './job-run.ts';
import { judgeRun } from './judge-run.ts';
import { failed } from './outcome.ts';
import { planRetry } from './plan-retry.ts';
import { setAside } from './set-aside.ts';
import { settleRun } from './settle-run.ts';
import type { RunWatch } from './watch-runs.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** Everything that one task's jobs are run with. */
export interface TaskService {
  readonly task: Task;
  readonly pool: Pool;
  readonly metrics: TaskMetrics;
  readonly runs: RunWatch;
  readonly worker: WorkerPorts;
}

/**
 * One delivery's way through the worker. Resolves when it is settled; rejects, with the delivery unsettled, when the
 * broker did not confirm what had to be told first. `freeSlot` is called as soon as the handler is done, so that the next
 * job runs while this one is settled.
 */
export async function runJob(service: TaskService, delivery: Delivery, freeSlot: () => void): Promise<void> {
  const { task, pool, metrics, runs, worker } = service;

  // 1. Decode: is it a job, and whose?
  const decoded = decodeDelivery(delivery.message, task.name);
  if (decoded.is !== 'job') {
    freeSlot();
    if (decoded.is === 'nameless') await adoptMessage(worker, delivery, task.name);
    else await setAside(worker, delivery, task.name, { code: 'unreadable_message', detail: decoded.reason });
    return delivery.ack();
  }

  // 2. Check: does its input fit the task?
  const { job } = decoded;
  const checked = checkJob(job, task);
  if (!checked.ok) {
    freeSlot();
    return await refuseJob(service, delivery, job, checked.issues);
  }

  // 3. Start: from here on it is watched, and its time runs.
  const run = new JobRun(worker, delivery, task, job, checked.input);
  runs.add(run);
  metrics.inProgress(1);
  metrics.wait((run.startedAt - job.acceptedAt) / 1_000);

  // 4. Run: in its pool.
  const ended = judgeRun(run, await pool.run(run));
  run.ended = true;
  runs.remove(run);
  metrics.inProgress(-1);
  metrics.duration((Date.now() - run.startedAt) / 1_000);
  freeSlot();

  // 5. Settle: tell everybody, then the broker.
  const told = await settleRun(worker, run, planRetry(run, ended));
  if (told.state === 'handed-back' || told.state === 'retrying') return;
  metrics.finished(told.state);
  metrics.endToEnd((Date.now() - job.acceptedAt) / 1_000);
}

/** A job whose input does not fit: the message is kept for a person to look at, and the job ends as failed. */
async function refuseJob(
  { task, metrics, worker }: TaskService,
  delivery: Delivery,
  job: Job,
  issues: HeddleError['issues'],
): Promise<void> {
  const error = new HeddleError('invalid_input', describeIssues(issues), { issues });
  await setAside(worker, delivery, task.name, { code: error.code, detail: error.message });
  await settleRun(worker, new JobRun(worker, delivery, task, job, undefined), failed(error));
  metrics.finished('failed');
}
