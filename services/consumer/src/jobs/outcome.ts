import { HeddleError, type Issue, type JobError, MAX_DURATION_MS } from '@heddle/contracts';

/** How one run of a job ended. `handed-back`: the worker is shutting down, and somebody else runs it again. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly result: unknown }
  | Unsuccessful
  /** Somebody else, or this worker, tries again after so many milliseconds. */
  | { readonly state: 'retrying'; readonly error: JobError; readonly restMs: number }
  /** Somebody cancelled it, or it came too late to be begun. */
  | { readonly state: 'cancelled' | 'expired'; readonly error: JobError }
  | { readonly state: 'handed-back' };

/** A run that came to nothing. `failed`: its handler said so; `dead`: it ended in a way that its handler did not choose. */
export interface Unsuccessful {
  readonly state: 'failed' | 'dead';
  readonly error: JobError;
  /** Absent: another attempt may help. */
  readonly retryable?: false | undefined;
  /** Milliseconds that the handler wants the job to rest; absent: what the policy says. */
  readonly retryAfterMs?: number | undefined;
}

const MAX_MESSAGE_CHARACTERS = 10_000;
const MAX_STACK_CHARACTERS = 4_000;
// No NUL, which databases refuse.
const CODE = /^[^\0]{1,100}$/;

/**
 * A run whose handler threw, in the words that people see. Another attempt may help unless the error says
 * `retryable: false`; one of our own says it by its code.
 */
export function failed(thrown: unknown): Unsuccessful {
  const { retryable, retryAfterMs } = Object(thrown) as { retryable?: unknown; retryAfterMs?: unknown };
  return {
    state: 'failed',
    error: describeThrown(thrown),
    ...(retryable === false && { retryable }),
    ...(isDuration(retryAfterMs) && { retryAfterMs }),
  };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_DURATION_MS;
}

/** A run that ended in a way its handler did not choose. */
export function dead(code: 'timed_out' | 'crashed' | 'out_of_memory', message: string): Unsuccessful {
  return { state: 'dead', error: { code, message: message.slice(0, MAX_MESSAGE_CHARACTERS) } };
}

/** The error of a job: the code is the thrown error's own if it has one, otherwise `task_failed`. */
export function describeThrown(thrown: unknown): JobError {
  if (!(thrown instanceof Error)) return { code: 'task_failed', message: describeValue(thrown) };
  const { code } = thrown as { code?: unknown };
  const message = (thrown.message || thrown.name).slice(0, MAX_MESSAGE_CHARACTERS);
  if (thrown instanceof HeddleError) {
    const issues: Issue[] = [...thrown.issues];
    return issues.length > 0 ? { code: thrown.code, message, issues } : { code: thrown.code, message };
  }
  return {
    code: typeof code === 'string' && CODE.test(code) ? code : 'task_failed',
    message,
    ...(thrown.stack !== undefined && { stack: thrown.stack.slice(0, MAX_STACK_CHARACTERS) }),
  };
}

function describeValue(value: unknown): string {
  try {
    return `the handler threw ${JSON.stringify(value) ?? String(value)}`.slice(0, MAX_MESSAGE_CHARACTERS);
  } catch {
    return 'the handler threw something that is no error';
  }
}
