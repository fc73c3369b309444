import { acceptedEvent } from '@heddle/client';
import { encodeResult, HeddleError, type JobEvent, type JobResult } from '@heddle/contracts';
import type { JobRun } from './job-run.ts';
import { failed, type Outcome } from './outcome.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** A terminal event also carries what the result is wrapped in. */
const EVENT_OVERHEAD_BYTES = 16 * 1024;

/**
 * Tells the world how a run ended, in the order that loses nothing: outputs confirmed → terminal event confirmed →
 * result to whoever waits → ack. Gives back the outcome as told, which differs when the result or an output cannot be sent.
 */
export async function settleRun(worker: WorkerPorts, run: JobRun, ended: Outcome): Promise<Outcome> {
  let outcome = ended;
  if (outcome.state === 'succeeded') {
    const fault = checkSendable(outcome.result, worker.publisher.maxMessageBytes - EVENT_OVERHEAD_BYTES);
    if (fault) outcome = failed(fault);
  }
  if (run.outputs.length > 0) await Promise.all(run.outputs.map((output) => output.confirmed));
  if (outcome.state === 'handed-back') {
    run.delivery.requeue();
    return outcome;
  }
  const event = terminalEvent(run, outcome);
  if (run.takeUnaccepted()) {
    await worker.events.addAll([acceptedEvent(run.job, run.delivery.message.body.length), event]);
  } else {
    await worker.events.add(event);
  }
  if (run.job.replyTo !== undefined) sendResult(worker, run, outcome);
  run.delivery.ack();
  return outcome;
}

type Told = Exclude<Outcome, { state: 'handed-back' }>;

function terminalEvent(run: JobRun, outcome: Told): JobEvent {
  const base = run.eventBase(Date.now());
  const { startedAt } = run;
  if (outcome.state !== 'succeeded') return { type: outcome.state, ...base, startedAt, error: outcome.error };
  const { result } = outcome;
  if (run.outputs.length === 0) return { type: 'succeeded', ...base, startedAt, result };
  const outputs = run.outputs.map((output) => output.description);
  return { type: 'succeeded', ...base, startedAt, result, outputs };
}

/** The requester may be gone, and then nobody misses the result: the recorder has it. */
function sendResult(worker: WorkerPorts, run: JobRun, outcome: Told): void {
  const outputs = run.outputs.map((output) => output.description);
  const result: JobResult =
    outcome.state === 'succeeded'
      ? {
          job: run.job.id,
          state: outcome.state,
          result: outcome.result,
          ...(outputs.length > 0 && { outputs }),
        }
      : { job: run.job.id, state: outcome.state, error: outcome.error };
  const message = encodeResult(result, run.job.correlationId);
  worker.publisher.publish('heddle.replies', run.job.replyTo ?? '', message).catch((error: unknown) => {
    worker.log.debug({ err: error, job: run.job.id }, 'the result could not be sent to reply_to');
  });
}

/** What is wrong with a result: it must be JSON, since that is how it travels and is kept, and fit into a message. */
function checkSendable(result: unknown, maxBytes: number): HeddleError | undefined {
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
