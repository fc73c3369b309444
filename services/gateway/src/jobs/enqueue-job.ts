import { type AskedJob, acceptJob } from '@heddle/client';
import { HeddleError, type JobState, rungFor } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { type Awaited, pollForEnd, submitAndAwait } from './await-job.ts';
import { isKeyed, submitKeyed } from './submit-keyed.ts';

type Parts = Pick<GatewayParts, 'broker' | 'submitter' | 'recorder' | 'ends'>;

export interface EnqueueOptions {
  readonly idempotencyKey?: string | undefined;
  /** Milliseconds to wait for the job's end; 0: do not. */
  readonly waitMs: number;
  /** Ends the waiting; asked for only when there is any. */
  readonly signal: () => AbortSignal;
}

/** A job that is sure to run. */
export interface Enqueued extends Awaited {
  /** When it was accepted. */
  readonly state: JobState;
}

/** Resolves once the job is sure to run. */
export async function enqueueJob(
  parts: Parts,
  asked: AskedJob,
  { idempotencyKey, waitMs, signal }: EnqueueOptions,
): Promise<Enqueued> {
  requireBroker(parts.broker.state);
  const job = acceptJob(asked);
  const state = firstState(job.delayMs);
  if (isKeyed(asked, idempotencyKey)) {
    const { id, repeated } = await submitKeyed(parts.recorder, idempotencyKey, asked);
    return {
      id,
      state: repeated ? await stateOf(parts.recorder, id, state) : state,
      waited: waitMs > 0 ? pollForEnd(parts.recorder, id, waitMs, signal()) : undefined,
    };
  }
  if (waitMs > 0) return { state, ...(await submitAndAwait(parts, job, waitMs, signal())) };
  return { state, ...(await parts.submitter.submit(job)) };
}

function firstState(delayMs: number | undefined): JobState {
  return delayMs !== undefined && rungFor(delayMs) !== undefined ? 'delayed' : 'queued';
}

/** A job that was there before may have come far since. */
async function stateOf(recorder: Parts['recorder'], id: string, otherwise: JobState): Promise<JobState> {
  return recorder.ask({ op: 'job', id }).then(
    ({ state }) => state,
    () => otherwise,
  );
}

/** Throws at once what a publish would say later. */
export function requireBroker(state: GatewayParts['broker']['state']): void {
  if (state === 'connected') return;
  throw state === 'blocked'
    ? new HeddleError('broker_blocked', 'the broker has raised a memory or disk alarm; try again later')
    : new HeddleError('broker_unavailable', 'the connection to the broker is down; try again later');
}
