import { HeddleError } from '@heddle/contracts';

/** Longer is not waited for at a server's word. */
const LONGEST_REST_MS = 3_600_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** The same request may well succeed later. */
const PASSING = new Set([408, 425, 429]);

type Headers = Record<string, string | string[] | undefined>;

/** Where an answer sends us, if it does. */
export function redirectOf(status: number, headers: Headers): string | undefined {
  const { location } = headers;
  return REDIRECTS.has(status) && typeof location === 'string' ? location : undefined;
}

/** Throws unless the answer says success: `web_failed`, with the rest that the server asks for, where another attempt may help, else `web_status`. */
export function checkStatus(url: URL, status: number, headers: Headers): void {
  if (status >= 200 && status < 300) return;
  const mayHelp = status >= 500 || PASSING.has(status);
  const error = new HeddleError(
    mayHelp ? 'web_failed' : 'web_status',
    `${url.href}: expected an answer with 2xx, got ${status}`,
  );
  const restMs = mayHelp ? retryAfterMs(headers) : undefined;
  throw restMs === undefined ? error : Object.assign(error, { retryAfterMs: restMs });
}

/** `Retry-After` in milliseconds: seconds, or a date by the server's own clock if it tells it. At most an hour. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value) * 1_000, LONGEST_REST_MS);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const theirs = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : Number.NaN;
  const now = Number.isNaN(theirs) ? Date.now() : theirs;
  return Math.min(Math.max(until - now, 0), LONGEST_REST_MS);
}
