import type { IncomingMessage, ServerResponse } from 'node:http';

/** A body that is known to be no longer than this is read to its end, so that the connection can be used again. */
const WORTH_READING_BYTES = 1024 * 1024;
/** How much of a refused body is thrown away, and for how long, before the connection is cut. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_MS = 5_000;

/** Whether so much of the request may still come that its connection is not worth keeping. */
export function mustLinger(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (request.headers['transfer-encoding'] !== undefined) return true;
  return Number(request.headers['content-length'] ?? 0) > WORTH_READING_BYTES;
}

/** Lets the connection live if the little that is left of the request comes soon, and cuts it if not. */
export function cutUnlessComplete(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), MOST_MS);
  for (const event of ['end', 'close'] as const) request.once(event, () => clearTimeout(timer));
  request.resume();
}

/**
 * Writes the whole answer, then throws away what the client still sends for a while before closing: closing at once
 * would make its kernel discard the answer unread.
 */
export function lingerThenEnd(request: IncomingMessage, response: ServerResponse, text: string): void {
  let thrownAway = 0;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, MOST_MS);
  response.write(text);
  request.on('data', (chunk: Buffer) => {
    thrownAway += chunk.length;
    if (thrownAway > MOST_BYTES) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.resume();
}
