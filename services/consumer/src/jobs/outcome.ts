import { HeddleError, type Issue, type JobError } from '@heddle/contracts';

/** How one run of a job ended. `handed-back`: the worker is shutting down, and somebody else runs it again. */
export type Outcome =
  | { readonly state: 'succeeded'; readonly result: unknown }
  | { readonly state: 'failed' | 'dead'; readonly error: JobError }
  | { readonly state: 'handed-back' };

const MAX_MESSAGE_CHARACTERS = 10_000;
const MAX_STACK_CHARACTERS = 4_000;
const MAX_CODE_CHARACTERS = 100;

/** A run that its handler refused for good: whatever it threw, in the words that people see. */
export function failed(thrown: unknown): Outcome {
  return { state: 'failed', error: describeThrown(thrown) };
}

/** A run that ended in a way its handler did not choose. */
export function dead(code: 'timed_out' | 'crashed' | 'out_of_memory', message: string): Outcome {
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
    code:
      typeof code === 'string' && code !== '' && code.length <= MAX_CODE_CHARACTERS ? code : 'task_failed',
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
