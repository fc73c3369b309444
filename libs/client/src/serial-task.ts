import { HeddleError, parseDuration, showValue } from '@heddle/contracts';
import type { KeyedState } from './define-state.ts';
import type { TaskContext } from './task-context.ts';

/** What the handler of a task with serial keys gets beside the rest. */
export interface SerialContext<I = unknown, S = unknown> extends TaskContext<I> {
  /** What `serialBy` gave. */
  readonly key: string;
  /** The state of the key; one's own copy. Without `state` in the definition: undefined. */
  readonly state: S;
  /** The job is done: `state` is the key's new state, committed together with the job's end. To be returned. */
  readonly commit: <O = undefined>(state: S, result?: O) => Commit<S, O>;
  /**
   * Ends this run; the handler is called anew when the state of the key has changed, at the latest when the time is up,
   * counted from the first wait of the job. One that wants to wait when its time is up fails. To be returned.
   */
  readonly waitForChange: (options: WaitForChangeOptions) => WaitForChange;
}

export type WaitForChangeOptions = ({ readonly for: number | string } | { readonly until: Date }) & {
  /** What the job fails with when its time is up; `wait_timed_out` by default. */
  readonly otherwise?: Error | undefined;
};

/** Marks what a handler returns for the worker to act on; plain data, because it crosses threads and processes. */
const MARK = '$heddle';

export interface Commit<S, O> {
  readonly [MARK]: 'commit';
  readonly state: S;
  readonly result: O;
}

export interface WaitForChange {
  readonly [MARK]: 'wait';
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** In the words that people see. */
  readonly otherwise: { readonly code: string; readonly message: string };
}

/** What a handler of a serial task may return: a result, which leaves the state as it is, or one of the two above. */
export type SerialResult<S, O> = O | Commit<S, O> | WaitForChange;

export function commit<S, O>(state: S, result: O): Commit<S, O> {
  return { [MARK]: 'commit', state, result };
}

/** Throws `invalid_task` for a duration or a time that is none. */
export function waitForChange(options: WaitForChangeOptions): WaitForChange {
  const until = 'until' in options ? timeOf(options.until) : Date.now() + milliseconds(options.for);
  const { otherwise } = options;
  const code = (otherwise as { code?: unknown } | undefined)?.code;
  return {
    [MARK]: 'wait',
    until,
    otherwise: {
      code: typeof code === 'string' && code !== '' && code.length <= 100 ? code : 'wait_timed_out',
      message: otherwise?.message ?? 'the state of its key did not change as the job wanted it to in time',
    },
  };
}

/** Handlers in JavaScript may bring anything. */
function timeOf(date: unknown): number {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.getTime();
  const got = date instanceof Date ? 'Invalid Date' : showValue(date);
  throw new HeddleError('invalid_task', `waitForChange: expected a valid Date as "until", got ${got}`);
}

function milliseconds(duration: number | string): number {
  const ms = typeof duration === 'number' ? duration : parseDuration(duration);
  if (ms !== undefined && ms >= 0 && Number.isFinite(ms)) return ms;
  const got = JSON.stringify(duration);
  throw new HeddleError(
    'invalid_task',
    `waitForChange: expected a duration such as 500 or "30s", got ${got}`,
  );
}

/** What a handler returned, told apart. */
export function readSerialResult(
  returned: unknown,
):
  | { is: 'result'; result: unknown }
  | ({ is: 'commit' } & Commit<unknown, unknown>)
  | ({ is: 'wait' } & WaitForChange) {
  const mark = typeof returned === 'object' && returned !== null && (returned as { [MARK]?: unknown })[MARK];
  if (mark === 'commit') return { is: 'commit', ...(returned as Commit<unknown, unknown>) };
  if (mark === 'wait') return { is: 'wait', ...(returned as WaitForChange) };
  return { is: 'result', result: returned };
}

/** What makes a task serial, with its defaults filled in. */
export interface SerialTask {
  /** Throws `invalid_key` when the task's own function gives no key. */
  keyOf(input: unknown): string;
  /** What the keys' states belong to: the state's name, or the task's. */
  readonly stateName: string;
  /** Absent: its keys have no state. */
  readonly state: KeyedState | undefined;
  readonly partitions: number;
}
