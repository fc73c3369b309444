import type { NewJob } from '@heddle/client';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { type Enqueued, pollForEnd, submitAndAwait } from './await-job.ts';
import { submitKeyed } from './submit-keyed.ts';

type Parts = Pick<GatewayParts, 'broker' | 'submitter' | 'recorder'>;

export interface EnqueueOptions {
  readonly idempotencyKey?: string | undefined;
  /** Milliseconds to wait for the job's end; 0: do not. */
  readonly waitMs: number;
  /** Ends the waiting; asked for only when there is any. */
  readonly signal: () => AbortSignal;
}

/** Resolves once the job is sure to run. */
export async function enqueueJob(
  parts: Parts,
  job: NewJob,
  { idempotencyKey, waitMs, signal }: EnqueueOptions,
): Promise<Enqueued> {
  requireBroker(parts.broker.state);
  if (idempotencyKey !== undefined) {
    const { id } = await submitKeyed(parts.recorder, idempotencyKey, job);
    return { id, ended: waitMs > 0 ? pollForEnd(parts.recorder, id, waitMs, signal()) : undefined };
  }
  if (waitMs > 0) return submitAndAwait(parts, job, waitMs, signal());
  return parts.submitter.submit(job);
}

/** Throws at once what a publish would say later. */
export function requireBroker(state: GatewayParts['broker']['state']): void {
  if (state === 'connected') return;
  throw state === 'blocked'
    ? new HeddleError('broker_blocked', 'the broker has raised a memory or disk alarm; try again later')
    : new HeddleError('broker_unavailable', 'the connection to the broker is down; try again later');
}
