import { HeddleError, type JobOptions, MAX_DURATION_MS } from '@heddle/contracts';
import type { NewJob } from './submit-job.ts';

/** A job as a client asks for it, checked; its times still count from when it will be accepted. */
export interface AskedJob {
  readonly task: string;
  readonly input: unknown;
  readonly bytes?: NewJob['bytes'];
  readonly options: JobOptions;
  readonly traceparent?: string | undefined;
}

/** The job as it is accepted now. Throws `invalid_request` for a `runAt` that is too far away or behind its own end. */
export function acceptJob({ task, input, bytes, options, traceparent }: AskedJob, now = Date.now()): NewJob {
  const delayMs = delayOf(options, now);
  return {
    task,
    input,
    bytes,
    priority: options.priority,
    tags: options.tags,
    timeoutMs: options.timeout,
    delayMs,
    retry: options.retry,
    deadline: options.ttl === undefined ? undefined : now + options.ttl,
    resultTtlMs: options.resultTtl,
    webhook: options.webhook,
    traceparent,
  };
}

/** Milliseconds to rest; undefined: none. */
function delayOf({ delay, runAt, ttl }: JobOptions, now: number): number | undefined {
  if (runAt === undefined) return delay;
  const delayMs = Date.parse(runAt) - now;
  if (delayMs > MAX_DURATION_MS) throw refusal('runAt', 'expected a time within the next 365 days');
  if (ttl !== undefined && delayMs >= ttl) {
    throw refusal('ttl', 'expected it to reach beyond "runAt": the job would expire before it may begin');
  }
  return delayMs > 0 ? delayMs : undefined;
}

function refusal(path: string, message: string): HeddleError {
  return new HeddleError('invalid_request', `${path}: ${message}`, { issues: [{ path, message }] });
}
