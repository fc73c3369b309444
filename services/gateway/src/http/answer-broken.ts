import { maxHeaderSize, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HeddleError } from '@heddle/contracts';
import { problemOf } from './problem.ts';

/** A client that dawdles over its headers is cut off; bodies have idle limits of their own, because bulk streams may take hours. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Reason phrases of what `brokenRequest` gives. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/**
 * For `clientError` of a server: what cannot be read as an HTTP request is told so in the form of every other error, and its
 * connection is closed. A client that is still owed an answer, or the rest of one, is cut off: this would be taken for it.
 * `told` hears of an answer's status, and of the response that it is given in place of, when it was the body that could not be read.
 */
export function answerBroken(
  error: Error,
  socket: Socket,
  active: Iterable<ServerResponse>,
  told: (status: number, response: ServerResponse | undefined) => void,
): void {
  const here = [...active].filter((response) => response.socket === socket);
  if (!socket.writable || here.some(({ headersSent, req }) => headersSent || req.complete)) {
    socket.destroy();
    return;
  }
  const problem = problemOf(brokenRequest(error));
  told(problem.status, here[0]);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${REASONS[problem.status] ?? 'Error'}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}

function brokenRequest(error: Error & { readonly code?: string; readonly reason?: string }): HeddleError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return new HeddleError(
      'headers_too_large',
      `expected at most ${maxHeaderSize} bytes of headers, got more`,
    );
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HeddleError(
      'request_timeout',
      `expected the whole of the headers within ${HEADERS_TIMEOUT_MS} ms`,
    );
  }
  return new HeddleError('malformed_request', `expected HTTP/1.1: ${error.reason ?? error.message}`);
}
