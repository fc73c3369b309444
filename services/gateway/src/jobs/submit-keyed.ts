import { createHash } from 'node:crypto';
import { type NewJob, newJobId, type RecorderClient } from '@heddle/client';
import { DEFAULT_PRIORITY, HeddleError } from '@heddle/contracts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's `Idempotency-Key`; throws `invalid_request` when it is none. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new HeddleError(
    'invalid_request',
    'header Idempotency-Key: expected 1 to 255 printable ASCII characters without spaces',
  );
}

/**
 * Gives the job to the recorder whole, which commits the key's claim and the job in one transaction and publishes it.
 * `repeated`: the key was known, and `id` is the job that has it. Rejects with `idempotency_key_reused` when the key
 * came with another payload before.
 */
export function submitKeyed(
  recorder: Pick<RecorderClient, 'ask'>,
  idempotencyKey: string,
  job: NewJob,
): Promise<{ id: string; repeated: boolean }> {
  return recorder.ask({
    op: 'submit',
    idempotencyKey,
    fingerprint: fingerprintOf(job),
    job: {
      id: newJobId(),
      task: job.task,
      input: job.input,
      priority: job.priority ?? DEFAULT_PRIORITY,
      tags: [...(job.tags ?? [])],
      acceptedAt: Date.now(),
      ...(job.bytes && { body: { type: job.bytes.type, base64: job.bytes.body.toString('base64') } }),
      ...(job.timeoutMs !== undefined && { timeoutMs: job.timeoutMs }),
      ...(job.traceparent !== undefined && { traceparent: job.traceparent }),
    },
  });
}

/** SHA-256, in hex, of everything that makes the job what it is. */
function fingerprintOf(job: NewJob): string {
  const { task, input, priority = DEFAULT_PRIORITY, tags = [], timeoutMs = null } = job;
  const hash = createHash('sha256').update(JSON.stringify([task, input, priority, tags, timeoutMs]));
  if (job.bytes) hash.update(job.bytes.type).update('\0').update(job.bytes.body);
  return hash.digest('hex');
}
