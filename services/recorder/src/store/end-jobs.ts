import type { JobError, JobEvent, Webhook } from '@heddle/contracts';
import { parseOr } from './job-history-rows.ts';
import { outgoingEvents, putOutgoing } from './outbox.ts';
import type { EventWriter } from './record-events.ts';
import type { JobRow, Tx } from './schema.ts';
import { forgetWaiters } from './wait-in-line.ts';

/** What must be known of a job to end it. */
export const ENDED_COLUMNS = [
  'id',
  'task',
  'state',
  'generation',
  'attempt',
  'webhook',
] as const satisfies (keyof JobRow)[];
export type EndedJob = Pick<JobRow, (typeof ENDED_COLUMNS)[number]>;

/**
 * Ends jobs that no worker has, in their rows and for everybody who listens. Should a worker have one after all, what
 * it says of a later attempt goes before this.
 */
export async function endJobs(
  tx: Tx,
  writer: EventWriter,
  jobs: readonly EndedJob[],
  type: 'cancelled' | 'expired',
  error: JobError,
  now: number,
): Promise<void> {
  if (jobs.length === 0) return;
  const events = jobs.map(({ id, task, generation, attempt, webhook }): JobEvent => {
    const told = parseOr<Webhook | undefined>(webhook, undefined);
    const moment = { generation, attempt, run: '', seq: 0, at: now };
    return { type, job: id, task, ...moment, error, ...(told && { webhook: told }) };
  });
  // Before the counts are written: who wakes waiters has their rows, and may go on to wait for the counts.
  await forgetWaiters(
    tx,
    jobs.map((job) => job.id),
  );
  await writer.write(tx, events);
  await putOutgoing(tx, outgoingEvents(events));
}
