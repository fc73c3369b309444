import type { Delivery } from '@heddle/broker';
import { HeddleError, type Job } from '@heddle/contracts';
import type { TraceSpan } from '@heddle/tracing';
import type { Permit } from '../limits/limit-task.ts';
import { adoptMessage } from './adopt-message.ts';
import { checkJob } from './check-job.ts';
import { countErrors } from './count-errors.ts';
import { decodeDelivery } from './decode-delivery.ts';
import { endUnrun, refuseInput, refuseJob, refuseMessage } from './end-unrun.ts';
import { isolateSuspect } from './isolate-suspect.ts';
import { JobRun } from './job-run.ts';
import { judgeGuard } from './judge-guard.ts';
import { judgeRun } from './judge-run.ts';
import type { Outcome } from './outcome.ts';
import { planRetry } from './plan-retry.ts';
import { refuseStart } from './refuse-start.ts';
import { settleRun } from './settle-run.ts';
import type { TaskService } from './task-service.ts';
import { beginSpan, endSpan } from './trace-run.ts';
import type { WorkerPorts } from './worker-ports.ts';

/**
 * One delivery's way through the worker. Resolves when it is settled; rejects, with the delivery unsettled, when the
 * broker did not confirm what had to be told first. `freeSlot` is called as soon as the handler is done, so that the next
 * job runs while this one is settled. `permit`: of a task that is limited.
 */
export async function runJob(
  service: TaskService,
  delivery: Delivery,
  freeSlot: () => void,
  permit?: Pick<Permit, 'begin'>,
): Promise<void> {
  const { task, pool, metrics, runs, control, interruptions, worker, isolated } = service;

  // 1. Decode: is it a job, and whose?
  const decoded = decodeDelivery(delivery.message, task.name);
  if (decoded.is !== 'job') {
    freeSlot();
    if (decoded.is === 'nameless') await adoptMessage(worker, delivery, task.name);
    else await refuseMessage(service, delivery, decoded.reason);
    return delivery.ack();
  }

  // 2. Check: is it to be begun, here and now? Does its input fit the task?
  const { job } = decoded;
  if (job.guard) {
    freeSlot();
    return await judgeGuard(service, delivery, job, job.guard);
  }
  const refused = refuseStart(service, delivery, job);
  if (refused) {
    freeSlot();
    return await endUnrun(service, delivery, job, refused);
  }
  if (delivery.message.redelivered && !isolated && !interruptions.explain(delivery.message, job)) {
    freeSlot();
    return await moveToSuspects(service, delivery, job);
  }
  const checked = checkJob(job, task);
  if (!checked.ok) {
    freeSlot();
    return await refuseInput(service, delivery, job, checked.issues);
  }

  // 3. Start: from here on it is watched, and its time runs.
  const run = new JobRun(worker, delivery, task, job, checked.input);
  run.onGuarded = service.onGuarded;
  permit?.begin();
  run.span = beginSpan(run, isolated);
  runs.add(run);
  metrics.inProgress(1);
  metrics.wait((run.startedAt - (job.dueAt ?? job.acceptedAt)) / 1_000);

  // 4. Run: in its pool.
  const ended = judgeRun(run, await (run.span?.run(() => pool.run(run)) ?? pool.run(run)));
  run.ended = true;
  runs.remove(run);
  metrics.inProgress(-1);
  metrics.duration((Date.now() - run.startedAt) / 1_000);
  if (run.isGuarded) service.onGuarded?.(run, false);
  freeSlot();

  // 5. Settle: tell everybody, then the broker.
  const told = await settle(service, run, planRetry(run, ended));
  countErrors(metrics, told);
  if (told.state === 'handed-back' || told.state === 'retrying') return;
  control.forget(job);
  metrics.finished(told.state);
  metrics.endToEnd((Date.now() - job.acceptedAt) / 1_000);
}

function settle({ worker }: TaskService, run: JobRun, ended: Outcome): Promise<Outcome> {
  return run.span ? settleTraced(worker, run, ended, run.span) : settleRun(worker, run, ended);
}

async function settleTraced(
  worker: WorkerPorts,
  run: JobRun,
  ended: Outcome,
  span: TraceSpan,
): Promise<Outcome> {
  let told: Outcome | undefined;
  try {
    told = await settleRun(worker, run, ended);
    return told;
  } finally {
    endSpan(span, told);
  }
}

async function moveToSuspects(service: TaskService, delivery: Delivery, job: Job): Promise<void> {
  try {
    await isolateSuspect(service.worker, delivery, job);
  } catch (error) {
    // Of a foreign client: here it may not run, there it cannot go.
    if (!(error instanceof HeddleError) || error.code !== 'message_too_large') throw error;
    return await refuseJob(service, delivery, job, error);
  }
  delivery.ack();
}
