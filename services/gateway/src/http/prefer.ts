import type { IncomingMessage } from 'node:http';

/** A longer wish is answered as if it had been this, because proxies on the way give up sooner. */
export const MAX_WAIT_SECONDS = 120;

/** Milliseconds that the client wants to wait for the end of its job (RFC 7240 `Prefer: wait=10`); 0: it does not. */
export function waitWish(request: IncomingMessage): number {
  const prefer = request.headers['prefer'];
  if (prefer === undefined) return 0;
  const text = Array.isArray(prefer) ? prefer.join(',') : prefer;
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})/i.exec(text)?.[1];
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS) * 1_000;
}
