import { createHash } from 'node:crypto';
import { type AskedJob, acceptJob, newJobId, type RecorderClient } from '@heddle/client';
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

/** Whether it takes the recorder to say whose a key of the job is. */
export function isKeyed(asked: AskedJob, idempotencyKey: string | undefined): boolean {
  return idempotencyKey !== undefined || asked.options.key !== undefined;
}

/**
 * Gives the job to the recorder whole, which commits the claims of its keys and the job in one transaction and
 * publishes it. `repeated`: `id` is the job that has the key. Rejects with `idempotency_key_reused` when that key came
 * with another payload before, and with `key_in_use` when an unfinished job has the job's own key.
 */
export function submitKeyed(
  recorder: Pick<RecorderClient, 'ask'>,
  idempotencyKey: string | undefined,
  asked: AskedJob,
): Promise<{ id: string; repeated: boolean }> {
  const now = Date.now();
  const job = acceptJob(asked, now);
  const { key, onConflict } = asked.options;
  return recorder.ask({
    op: 'submit',
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(key !== undefined && { key }),
    ...(onConflict !== undefined && { onConflict }),
    fingerprint: fingerprintOf(asked),
    job: {
      id: newJobId(),
      task: job.task,
      input: job.input,
      priority: job.priority ?? DEFAULT_PRIORITY,
      tags: [...(job.tags ?? [])],
      acceptedAt: now,
      ...(job.bytes && { body: { type: job.bytes.type, base64: job.bytes.body.toString('base64') } }),
      ...(job.timeoutMs !== undefined && { timeoutMs: job.timeoutMs }),
      ...(job.delayMs !== undefined && { delayMs: job.delayMs }),
      ...(job.retry !== undefined && { retry: job.retry }),
      ...(job.deadline !== undefined && { deadline: job.deadline }),
      ...(job.resultTtlMs !== undefined && { resultTtlMs: job.resultTtlMs }),
      ...(job.webhook !== undefined && { webhook: job.webhook }),
      ...(job.traceparent !== undefined && { traceparent: job.traceparent }),
    },
  });
}

/** SHA-256, in hex, of everything that makes the job what it is; of what was asked, not of when. */
function fingerprintOf({ task, input, bytes, options }: AskedJob): string {
  const { priority = DEFAULT_PRIORITY, tags = [], timeout = null, ...others } = options;
  const known = [task, input, priority, tags, timeout];
  const rest = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify(rest.length > 0 ? [...known, rest] : known));
  if (bytes) hash.update(bytes.type).update('\0').update(bytes.body);
  return hash.digest('hex');
}
