import { acceptedEvent } from '@heddle/client';
import {
  encodeResult,
  HeddleError,
  type JobEvent,
  type JobResult,
  MAX_RECORDED_INPUT_BYTES,
  type OnlyRun,
} from '@heddle/contracts';
import { handBack } from './hand-back.ts';
import type { JobRun } from './job-run.ts';
import { keepInput } from './keep-input.ts';
import { failed, type Outcome, type Unsuccessful } from './outcome.ts';
import { republishedJob } from './republish-job.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** A terminal event also carries what the result is wrapped in. */
export const EVENT_OVERHEAD_BYTES = 16 * 1024;

/**
 * Tells the world how a run ended, in the order that loses nothing: outputs confirmed → terminal event confirmed →
 * result to whoever waits → ack. A job that is tried again has its `retrying` event and its next message confirmed first.
 * Gives back the outcome as told, which differs when the result or the next message cannot be sent.
 */
export async function settleRun(worker: WorkerPorts, run: JobRun, ended: Outcome): Promise<Outcome> {
  let outcome = ended;
  if (outcome.state === 'succeeded') {
    const fault = checkSendable(outcome.result, worker.publisher.maxMessageBytes - EVENT_OVERHEAD_BYTES);
    if (fault) outcome = failed(fault);
  }
  if (outcome.state === 'handed-back') {
    await handBack(worker, run.delivery);
    return outcome;
  }
  if (outcome.state === 'retrying') {
    const refused = await tryAgainLater(worker, run, outcome);
    if (!refused) return outcome;
    outcome = refused;
  }
  // What most jobs do not have is not waited for: each wait is a turn of its own.
  if (outcome.state !== 'succeeded') await keepInput(worker, run, outcome);
  if (run.outputs) await run.outputs.confirm();
  const event = terminalEvent(run, outcome);
  await addEvent(worker, run, event);
  if (run.job.replyTo !== undefined) sendResult(worker, run, run.job.replyTo, outcome, event.at);
  run.delivery.ack();
  return outcome;
}

export type Told = Exclude<Outcome, { state: 'handed-back' | 'retrying' }>;

function addEvent(worker: WorkerPorts, run: JobRun, event: JobEvent): Promise<void> {
  if (!run.takeUnaccepted()) return worker.events.add(event);
  return worker.events.addAll([acceptedEvent(run.job, run.delivery.message.body.length), event]);
}

/** Gives the outcome instead, if the broker will never take the next message: a foreign client's may be too large for us. */
async function tryAgainLater(
  worker: WorkerPorts,
  run: JobRun,
  { error, restMs }: Extract<Outcome, { state: 'retrying' }>,
): Promise<Unsuccessful | undefined> {
  const { job, startedAt } = run;
  const now = Date.now();
  const again = republishedJob(run.delivery, job, { attempt: job.attempt + 1, accepted: true });
  const told = addEvent(worker, run, {
    type: 'retrying',
    ...run.eventBase(now),
    startedAt,
    error,
    until: now + Math.round(restMs),
  });
  const [published, recorded] = await Promise.allSettled([
    worker.publishLater(again, job.task, restMs),
    told,
  ]);
  if (published.status === 'rejected') {
    if (isTooLarge(published.reason)) return { state: 'dead', error };
    throw published.reason;
  }
  if (recorded.status === 'rejected') throw recorded.reason;
  run.tellFollower({ job: job.id, state: 'retrying' });
  run.delivery.ack();
  return undefined;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof HeddleError && error.code === 'message_too_large';
}

/** The event that tells how a run ended its job. */
export function terminalEvent(run: JobRun, outcome: Told): JobEvent {
  const base = run.eventBase(Date.now());
  const { startedAt } = run;
  const webhook = run.job.webhook && { webhook: run.job.webhook };
  if (outcome.state === 'cancelled' || outcome.state === 'expired') {
    const began = run.stopReason === 'cancelled' && { startedAt };
    return { type: outcome.state, ...base, ...began, error: outcome.error, ...webhook };
  }
  if (outcome.state !== 'succeeded') {
    return { type: outcome.state, ...base, startedAt, error: outcome.error, ...webhook };
  }
  const { result } = outcome;
  const outputs = run.outputs?.descriptions;
  const kept = keptFor(run);
  if (!outputs) return { type: 'succeeded', ...base, startedAt, result, ...kept, ...webhook };
  return { type: 'succeeded', ...base, startedAt, result, outputs, ...kept, ...webhook };
}

function keptFor(run: JobRun): { readonly resultTtlMs?: number } {
  const resultTtlMs = run.job.resultTtlMs ?? run.task.resultTtlMs;
  return resultTtlMs === undefined ? {} : { resultTtlMs };
}

/** The requester may be gone, and then nobody misses the result: the recorder has it. */
function sendResult(worker: WorkerPorts, run: JobRun, replyTo: string, outcome: Told, endedAt: number): void {
  const outputs = run.outputs?.descriptions;
  const result: JobResult =
    outcome.state === 'succeeded'
      ? {
          job: run.job.id,
          state: outcome.state,
          result: outcome.result,
          ...(outputs && { outputs }),
        }
      : { job: run.job.id, state: outcome.state, error: outcome.error };
  if (run.job.follow) return worker.followers.tell(replyTo, result);
  const only = isOnlyRun(run, outcome) && { run: describeRun(worker, run, outcome, endedAt) };
  const message = encodeResult({ ...result, ...only }, run.job.correlationId);
  worker.publisher.publish('heddle.replies', replyTo, message).catch((error: unknown) => {
    worker.log.debug({ err: error, job: run.job.id }, 'the result could not be sent to reply_to');
  });
}

/** Whether the job's row will say nothing but what its submitter and this run know. */
function isOnlyRun({ job, announced, delivery }: JobRun, { state }: Told): boolean {
  return (
    !announced &&
    job.attempt === 1 &&
    job.generation === 0 &&
    (state === 'succeeded' || state === 'failed') &&
    (job.bytes !== undefined || delivery.message.body.length <= MAX_RECORDED_INPUT_BYTES)
  );
}

function describeRun(worker: WorkerPorts, run: JobRun, { state }: Told, endedAt: number): OnlyRun {
  const kept = state === 'succeeded' && keptFor(run);
  return {
    worker: worker.name,
    acceptedAt: run.job.acceptedAt,
    startedAt: run.startedAt,
    endedAt,
    ...kept,
  };
}

/** What is wrong with a result, if anything: it must be JSON, since that is how it travels and is kept, and fit into a message. */
export function checkSendable(result: unknown, maxBytes: number): HeddleError | undefined {
  let text: string | undefined;
  try {
    text = JSON.stringify(result);
  } catch (error) {
    const message = `expected a result that is JSON: ${(error as Error).message}`;
    return new HeddleError('invalid_output', message, { cause: error });
  }
  // Most results are far too short for their UTF-8 length to matter.
  if (text === undefined || text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes)
    return undefined;
  return new HeddleError(
    'output_too_large',
    `expected a result of at most ${maxBytes} bytes of JSON, got ${Buffer.byteLength(text)}`,
  );
}
