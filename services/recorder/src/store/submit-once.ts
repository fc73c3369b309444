import { acceptedEvent } from '@heddle/client';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  HeddleError,
  type Job,
  type JobEvent,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import { claimIdempotencyKey } from './claim-idempotency-key.ts';
import type { Store } from './open-database.ts';
import { outgoingEvents, outgoingJob, putOutgoing } from './outbox.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';
import { claimUniqueKey } from './unique-keys.ts';

export type SubmitRequest = Extract<RecorderRequest, { op: 'submit' }>;

/**
 * A submit with an idempotency key, a unique key or both: claims, job and messages in one transaction. The same
 * idempotency key with the same fingerprint gives the job that has it, and so does a unique key in use with
 * `onConflict: 'return'`. Throws `idempotency_key_reused` for another fingerprint, `key_in_use`, `message_too_large`.
 */
export async function submitOnce(
  store: Store,
  events: EventWriter,
  request: SubmitRequest,
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
): Promise<RecorderReplies['submit']> {
  return await runTransaction(store.db, async (tx) => {
    const holder = (await claimRequestKey(tx, request)) ?? (await claimKey(store, tx, request));
    if (holder !== undefined) return { id: holder, repeated: true };
    await acceptJob(tx, events, request, maxMessageBytes);
    return { id: request.job.id, repeated: false };
  });
}

async function claimRequestKey(tx: Tx, request: SubmitRequest): Promise<string | undefined> {
  const { idempotencyKey: key, fingerprint, job } = request;
  if (key === undefined) return undefined;
  return await claimIdempotencyKey(tx, { key, fingerprint, id: job.id, at: job.acceptedAt });
}

/** The id of the unfinished job that has the unique key; undefined if it is now this job's, or there is none. */
async function claimKey(store: Store, tx: Tx, request: SubmitRequest): Promise<string | undefined> {
  const { key, idempotencyKey, job } = request;
  if (key === undefined) return undefined;
  const holder = await claimUniqueKey(store, tx, job.task, key, job.id);
  if (holder === undefined) return undefined;
  if (request.onConflict !== 'return') {
    throw new HeddleError(
      'key_in_use',
      `the key "${key}" of task "${job.task}" belongs to job ${holder}, which has not ended`,
    );
  }
  if (idempotencyKey !== undefined) {
    await tx
      .updateTable('idempotency_keys')
      .set({ job_id: holder })
      .where('key', '=', idempotencyKey)
      .execute();
  }
  return holder;
}

async function acceptJob(
  tx: Tx,
  writer: EventWriter,
  request: SubmitRequest,
  maxMessageBytes: number,
): Promise<void> {
  const job = jobOf(request);
  const { delayMs } = request.job;
  const dueAt = delayMs === undefined ? undefined : job.acceptedAt + delayMs;
  const outgoing = outgoingJob(job, dueAt);
  const bytes = outgoing.message.body.length;
  if (bytes > maxMessageBytes) {
    throw new HeddleError(
      'message_too_large',
      `expected a job of at most ${maxMessageBytes} bytes, got ${bytes}`,
    );
  }
  const events = [acceptedEvent(job, bytes)];
  if (dueAt !== undefined) events.push(delayedEvent(job, dueAt));
  await writer.write(tx, events);
  if (request.key !== undefined) {
    await tx.updateTable('jobs').set({ unique_key: request.key }).where('id', '=', job.id).execute();
  }
  await putOutgoing(tx, [outgoing, ...outgoingEvents(events)]);
}

function delayedEvent(job: Job, until: number): JobEvent {
  const { id, task, generation, acceptedAt: at } = job;
  return { type: 'delayed', job: id, task, generation, attempt: 0, run: '', seq: 1, at, until };
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
    retry: job.retry,
    deadline: job.deadline,
    resultTtlMs: job.resultTtlMs,
    webhook: job.webhook,
    acceptedAt: job.acceptedAt,
    accepted: true,
    traceparent: job.traceparent,
  };
}
