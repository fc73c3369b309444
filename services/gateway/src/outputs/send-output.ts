import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerError } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { requireJobId } from '../jobs/show-job.ts';
import { describeContent } from './describe-content.ts';
import { selectRange } from './select-range.ts';

const MAX_NAME = 200;

/** `GET /v1/jobs/{id}/outputs/{name}` */
export function sendOutput({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (request, response, { id, name = '' }) => {
    const job = requireJobId(id);
    if (name.length > MAX_NAME || name.includes('\0')) {
      throw new HeddleError(
        'output_not_found',
        `expected a name of at most ${MAX_NAME} characters without NUL`,
      );
    }
    const { type, sha256, body } = await recorder.ask({ op: 'output', id: job, name });
    const etag = `"${sha256}"`;
    // `no-cache` still caches: a replayed job may give other bytes under the same name, which the ETag shows.
    const caching = { ETag: etag, 'Cache-Control': 'private, no-cache' };
    if (matches(request.headers['if-none-match'], etag)) {
      response.writeHead(304, caching).end();
      return;
    }
    sendRange(request, response, body, {
      ...describeContent(type, name),
      ...caching,
      'Accept-Ranges': 'bytes',
    });
  };
}

function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  headers: Record<string, string>,
): void {
  const range = rangeIsFor(request, headers['ETag'])
    ? selectRange(request.headers.range, body.length)
    : undefined;
  if (range === 'unsatisfiable') {
    const error = new HeddleError(
      'range_not_satisfiable',
      `expected a range within ${body.length} bytes, got ${request.headers.range}`,
    );
    answerError(request, response, error, { 'Content-Range': `bytes */${body.length}` });
    return;
  }
  const part = range ? body.subarray(range.start, range.end + 1) : body;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': part.length,
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${body.length}` }),
  });
  response.end(part);
}

/** `If-Range`: a range of other bytes than the client has the rest of would be worthless to it. */
function rangeIsFor(request: IncomingMessage, etag: string | undefined): boolean {
  const condition = request.headers['if-range'];
  return condition === undefined || condition === etag;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((given) => {
    const tag = given.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}
