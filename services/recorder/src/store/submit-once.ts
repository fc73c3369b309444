import { randomUUID } from 'node:crypto';
import { acceptedEvent } from '@heddle/client';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  encodeEvents,
  encodeJob,
  HeddleError,
  type Job,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import type { Store } from './open-database.ts';
import { putOutgoing } from './outbox.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';

export type SubmitRequest = Extract<RecorderRequest, { op: 'submit' }>;

/**
 * A submit with an idempotency key: claim, job and messages in one transaction. The same key with the same fingerprint
 * gives the job that has it; throws `idempotency_key_reused` for another fingerprint, `message_too_large`.
 */
export async function submitOnce(
  store: Store,
  events: EventWriter,
  request: SubmitRequest,
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
): Promise<RecorderReplies['submit']> {
  return await runTransaction(store.db, async (tx) => {
    const holder = await claimKey(tx, request);
    if (holder) return { id: holder, repeated: true };
    await acceptJob(tx, events, jobOf(request), maxMessageBytes);
    return { id: request.job.id, repeated: false };
  });
}

/** The id of the job that has the key already; undefined if the key is now this job's. */
async function claimKey(tx: Tx, request: SubmitRequest): Promise<string | undefined> {
  const { idempotencyKey: key, fingerprint, job } = request;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('idempotency_keys')
    .values({ key, fingerprint, job_id: job.id, created_at: job.acceptedAt })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const known = await tx
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'job_id'])
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  if (known.fingerprint !== fingerprint) {
    throw new HeddleError(
      'idempotency_key_reused',
      `the key "${key}" belongs to job ${known.job_id}, which was submitted with another payload`,
    );
  }
  return known.job_id;
}

async function acceptJob(tx: Tx, events: EventWriter, job: Job, maxMessageBytes: number): Promise<void> {
  const message = encodeJob(job);
  if (message.body.length > maxMessageBytes) {
    throw new HeddleError(
      'message_too_large',
      `expected a job of at most ${maxMessageBytes} bytes, got ${message.body.length}`,
    );
  }
  const accepted = acceptedEvent(job, message.body.length);
  await events.write(tx, [accepted]);
  await putOutgoing(tx, [
    { exchange: 'heddle.submit', routingKey: job.task, message, mandatory: true },
    { exchange: 'heddle.events', routingKey: 'event', message: encodeEvents([accepted], randomUUID()) },
  ]);
}

function jobOf({ job }: SubmitRequest): Job {
  return {
    id: job.id,
    task: job.task,
    input: job.input ?? null,
    bytes: job.body && { type: job.body.type, body: Buffer.from(job.body.base64, 'base64') },
    priority: job.priority,
    generation: 0,
    attempt: 1,
    tags: job.tags,
    timeoutMs: job.timeoutMs,
    acceptedAt: job.acceptedAt,
    accepted: true,
    traceparent: job.traceparent,
  };
}
