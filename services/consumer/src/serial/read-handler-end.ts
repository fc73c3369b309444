import { parseState, readSerialResult, type WaitForChange } from '@heddle/client';
import { explainIssue, HeddleError, issuesOf, MAX_STATE_BYTES } from '@heddle/contracts';
import type { JobRun } from '../jobs/job-run.ts';
import { judgeRun } from '../jobs/judge-run.ts';
import { failed, type Outcome } from '../jobs/outcome.ts';
import { checkSendable } from '../jobs/settle-run.ts';

/** How a handler of a serial task ended: in an outcome, with a new state if it made one; or it wants to wait. */
export type HandlerEnd =
  | { readonly outcome: Outcome; readonly state?: NewState | undefined }
  | { readonly waiting: { readonly since: number; readonly until: number } };

/** As it travels, and as JSON text. */
export interface NewState {
  readonly value: unknown;
  readonly text: string;
}

/** The state that a run is to see. Throws `invalid_state`. */
export function stateFor({ task }: JobRun, text: string | undefined): unknown {
  const kept = text === undefined ? undefined : (JSON.parse(text) as unknown);
  const state = task.serial?.state;
  return state ? parseState(state, kept) : kept;
}

/** Tells apart what a handler may return, and checks it: the result, and the new state. `maxBytes`: of the result. */
export function readHandlerEnd(run: JobRun, ended: Outcome, maxBytes: number): HandlerEnd {
  if (ended.state !== 'succeeded') return { outcome: judgeRun(run, ended) };
  const said = readSerialResult(ended.result);
  if (said.is === 'wait') return readWait(run, said);
  const outcome = judgeRun(run, { state: 'succeeded', result: said.result });
  if (outcome.state !== 'succeeded') return { outcome };
  const fault = checkSendable(outcome.result, maxBytes);
  if (fault) return { outcome: failed(fault) };
  if (said.is === 'result') return { outcome };
  try {
    return { outcome, state: checkState(run, said.state) };
  } catch (error) {
    return { outcome: failed(error) };
  }
}

function readWait(run: JobRun, { until, otherwise }: WaitForChange): HandlerEnd {
  const isOver = run.stopReason === 'timed_out' || run.stopReason === 'cancelled';
  if (isOver) return { outcome: judgeRun(run, { state: 'succeeded', result: undefined }) };
  const now = Date.now();
  const waiting = run.job.waiting ?? { since: now, until: Math.round(until) };
  if (now < waiting.until) return { waiting };
  return { outcome: { state: 'failed', error: otherwise, retryable: false } };
}

/** The new state with what its schema makes of it; undefined for a task that keeps none and gave none. */
function checkState({ task }: JobRun, given: unknown): NewState | undefined {
  const schema = task.serial?.state?.schema;
  const parsed = schema?.safeParse(given, { error: explainIssue });
  if (parsed && !parsed.success) {
    const issues = issuesOf(parsed.error, 'state');
    throw new HeddleError('invalid_state', `${task.name} gave a state that does not fit its schema`, {
      issues,
    });
  }
  const value = parsed ? parsed.data : given;
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_STATE_BYTES) {
    const message = `expected a state of at most ${MAX_STATE_BYTES} bytes of JSON, got ${bytes}`;
    throw new HeddleError('state_too_large', message);
  }
  return { value, text };
}
