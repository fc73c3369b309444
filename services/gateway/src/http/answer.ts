import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@heddle/contracts';
import { cutUnlessComplete, lingerThenEnd, mustLinger } from './linger.ts';
import { problemOf, retryAfterSeconds } from './problem.ts';

export type Headers = Readonly<Record<string, string | number>>;

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers?: Headers,
): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(text);
}

/**
 * The one place where an error becomes an answer. A request whose body has not been read to its end is answered at
 * once, and its connection closed only after the client had time to read the answer.
 */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  headers?: Headers,
): Problem {
  const problem = problemOf(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return problem;
  }
  const text = JSON.stringify(problem);
  const retryAfter = retryAfterSeconds(problem.code);
  const lingers = mustLinger(request);
  response.writeHead(problem.status, {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    ...(lingers && { Connection: 'close' }),
    ...headers,
  });
  if (lingers) lingerThenEnd(request, response, text);
  else {
    response.end(text);
    cutUnlessComplete(request);
  }
  return problem;
}
