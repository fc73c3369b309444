import type { Task } from '@heddle/client';
import type { ErrorCode } from '@heddle/contracts';

/** What may come of any task whose jobs run by key. */
const OF_SERIAL = [
  'invalid_key',
  'invalid_state',
  'state_too_large',
  'too_many_waiters',
] as const satisfies readonly ErrorCode[];

/** The codes of errors that jobs of a task are known to give besides those of any task: they are counted from 0 on. */
export function listErrorCodes({ errorCodes = [], serial }: Task): string[] {
  return [...errorCodes, ...(serial ? OF_SERIAL : [])];
}
