import { HeddleError } from '@heddle/contracts';
import type { Answer } from './post-webhook.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Rests between the attempts of a delivery, in milliseconds: eight attempts over about ten hours. */
export const WEBHOOK_RESTS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
];
const MAX_REST_MS = 6 * HOUR;

export type Verdict =
  | { readonly end: 'succeeded'; readonly status: number }
  | { readonly end: 'failed' | 'dead'; readonly error: HeddleError }
  | { readonly end: 'cancelled'; readonly error: { readonly code: 'cancelled'; readonly message: string } }
  | { readonly end: 'retrying'; readonly error: HeddleError; readonly restMs: number };

/** What follows from an attempt: `attempt` counts from 1. 2xx is success, 410 means never again, all else is tried again while rests are left. */
export function judgeAnswer(
  answer: Answer | HeddleError,
  attempt: number,
  rests: readonly number[] = WEBHOOK_RESTS,
): Verdict {
  if (!(answer instanceof HeddleError) && answer.status >= 200 && answer.status < 300) {
    return { end: 'succeeded', status: answer.status };
  }
  const error = answer instanceof HeddleError ? answer : errorOf(answer);
  if (!error.retryable) return { end: 'failed', error };
  const restMs = rests[attempt - 1];
  if (restMs === undefined) return { end: 'dead', error };
  const asked = answer instanceof HeddleError ? 0 : retryAfterMs(answer.retryAfter);
  return { end: 'retrying', error, restMs: Math.max(restMs, Math.min(asked, MAX_REST_MS)) };
}

function errorOf({ status }: Answer): HeddleError {
  if (status === 410) {
    return new HeddleError('webhook_refused', 'the receiver answered 410: it wants no more of these');
  }
  const note = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return new HeddleError('webhook_failed', `expected an answer with 2xx, got ${status}${note}`);
}

/** Only the form in seconds: dates depend on two clocks. */
function retryAfterMs(header: string | undefined): number {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * SECOND : 0;
}
