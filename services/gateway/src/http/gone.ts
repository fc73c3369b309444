import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Aborted when the client goes away before its answer is written, or when one of the other signals is aborted. */
export function untilGone(response: ServerResponse, ...others: readonly AbortSignal[]): AbortSignal {
  const gone = new AbortController();
  // As many jobs as the request has wait with it.
  setMaxListeners(0, gone.signal);
  const abort = () => gone.abort();
  const leave = () => {
    // Long-lived signals must not collect the listeners of short-lived requests.
    for (const other of others) other.removeEventListener('abort', abort);
    if (!response.writableFinished) abort();
  };
  response.once('close', leave);
  for (const other of others) {
    if (other.aborted) abort();
    else other.addEventListener('abort', abort, { once: true });
  }
  return gone.signal;
}
