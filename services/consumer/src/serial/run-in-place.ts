import { setTimeout as sleep } from 'node:timers/promises';
import type { CommitStep } from '@heddle/contracts';
import type { TraceSpan } from '@heddle/tracing';
import { JobRun } from '../jobs/job-run.ts';
import { keepInput } from '../jobs/keep-input.ts';
import { failed, type Outcome } from '../jobs/outcome.ts';
import { planRetry } from '../jobs/plan-retry.ts';
import { refuseStart } from '../jobs/refuse-start.ts';
import { EVENT_OVERHEAD_BYTES, type Told, terminalEvent } from '../jobs/settle-run.ts';
import { beginSpan, endSpan } from '../jobs/trace-run.ts';
import { parkedStep } from './park-job.ts';
import { type HandlerEnd, type NewState, readHandlerEnd, stateFor } from './read-handler-end.ts';
import type { SerialJob } from './serial-job.ts';

/** A retry keeps its key waiting, and its message held: no rest is longer, whatever the policy says. */
const LONGEST_REST_MS = 60_000;
/** The broker takes back what is held for half an hour: a job that was tried for longer than this has had its tries. */
const LONGEST_HOLD_MS = 15 * 60_000;
const LOOK_EVERY_MS = 200;

/** A job that was run, not committed yet. */
export interface FinishedRun {
  readonly entry: SerialJob;
  readonly step: CommitStep;
  /** Absent: it leaves the state as it was. */
  readonly state: NewState | undefined;
}

/**
 * Runs a job on a state, and again where it stands if that fails and its policy has it tried again. Undefined: it is left
 * to another worker.
 */
export async function runInPlace(
  entry: SerialJob,
  text: string | undefined,
): Promise<FinishedRun | undefined> {
  const { service, delivery, job, input, holding } = entry;
  const { task, worker } = service;
  const giveUpAt = Date.now() + LONGEST_HOLD_MS;
  for (let tries = 1; ; tries++) {
    const attempt = job.attempt + tries - 1;
    const refused = entry.refusal ?? refuseStart({ ...service, isolated: false }, delivery, job);
    const begin = () => new JobRun(worker, delivery, task, { ...job, attempt }, input);
    const once = refused ? { run: begin(), ended: { outcome: refused } } : await runOnce(entry, begin, text);
    if (!once) return undefined;
    const { run, ended } = once;
    if ('waiting' in ended) return { entry, step: parkedStep(run, ended.waiting), state: undefined };
    const outcome = refused ?? planRetry(run, ended.outcome, tries);
    if (outcome.state === 'handed-back') return undefined;
    if (outcome.state !== 'retrying') return await finish(entry, run, outcome, ended.state);
    const { error } = outcome;
    const restMs = Math.min(outcome.restMs, LONGEST_REST_MS);
    if (Date.now() + restMs > giveUpAt) return await finish(entry, run, { state: 'dead', error }, undefined);
    tellRetry(entry, run, { ...outcome, restMs });
    await rest(entry, restMs);
    if (holding.givenUp || delivery.lost) return undefined;
  }
}

/** One run, when there is a slot for it. Undefined: by then it is not this worker's to begin. */
async function runOnce(
  { service, delivery, holding, key, isSuspect }: SerialJob,
  begin: () => JobRun,
  text: string | undefined,
): Promise<{ run: JobRun; ended: HandlerEnd } | undefined> {
  const { metrics, runs, worker } = service;
  const slots = isSuspect ? service.isolationSlots : service.slots;
  const pool = isSuspect ? service.isolation : service.pool;
  return await slots.use(async () => {
    if (holding.givenUp || delivery.lost) return undefined;
    const run = begin();
    try {
      run.keyed = { key, state: stateFor(run, text) };
    } catch (error) {
      return { run, ended: { outcome: failed(error) } };
    }
    run.span = beginSpan(run, isSuspect);
    runs.add(run);
    metrics.inProgress(1);
    metrics.wait((run.startedAt - run.job.acceptedAt) / 1_000);
    const ended = readHandlerEnd(
      run,
      await (run.span?.run(() => pool.run(run)) ?? pool.run(run)),
      worker.publisher.maxMessageBytes - EVENT_OVERHEAD_BYTES,
    );
    run.ended = true;
    if (run.span) endSpanOf(run.span, ended);
    runs.remove(run);
    metrics.inProgress(-1);
    metrics.duration((Date.now() - run.startedAt) / 1_000);
    return { run, ended };
  });
}

function endSpanOf(span: TraceSpan, ended: HandlerEnd): void {
  if ('outcome' in ended) return endSpan(span, ended.outcome);
  span.set({ 'heddle.outcome': 'waiting' });
  span.end();
}

/** What is to be committed of a job that has ended; its outputs are with the broker by then. */
async function finish(
  entry: SerialJob,
  run: JobRun,
  outcome: Told,
  state: NewState | undefined,
): Promise<FinishedRun> {
  await keepInput(entry.service.worker, run, outcome);
  await run.outputs?.confirm();
  const event = terminalEvent(run, outcome);
  return { entry, step: { event, ...(state && { state: { value: state.value } }) }, state };
}

function tellRetry(
  { service }: SerialJob,
  run: JobRun,
  { error, restMs }: Extract<Outcome, { state: 'retrying' }>,
): void {
  const now = Date.now();
  const { startedAt } = run;
  service.worker.events
    .add({ type: 'retrying', ...run.eventBase(now), startedAt, error, until: now + Math.round(restMs) })
    .catch((reason: unknown) => {
      service.worker.log.warn({ err: reason, job: run.job.id }, 'a retry could not be told');
    });
}

/** Rests, unless the job is cancelled or its partition goes to another worker. */
async function rest({ service, delivery, job, holding }: SerialJob, restMs: number): Promise<void> {
  const until = Date.now() + restMs;
  for (;;) {
    const left = until - Date.now();
    if (left <= 0 || holding.givenUp || delivery.lost || service.control.isCancelled(job)) return;
    await sleep(Math.min(left, LOOK_EVERY_MS), undefined, { ref: false });
  }
}

/** The job ends as failed instead of waiting behind so many others. */
export function refuseCommit(entry: SerialJob, message: string): void {
  entry.refusal = { state: 'failed', error: { code: 'too_many_waiters', message }, retryable: false };
}
