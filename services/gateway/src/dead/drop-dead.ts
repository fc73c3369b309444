import type { IncomingMessage } from 'node:http';
import { dropBodySchema, dropQuerySchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { hasBody, readJsonBody } from '../http/read-json-body.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { SELECTION_TIMEOUT_MS } from './replay-dead.ts';

type Parts = Pick<GatewayParts, 'recorder' | 'admission' | 'maxMessageBytes'>;

/** `DELETE /v1/dead`: what to drop stands in the body or, if there is none, in the query. */
export function dropDead(parts: Parts): Handler {
  return async (request, response) => {
    const selection = hasBody(request)
      ? await readJsonBody(request, dropBodySchema, parts)
      : selectionInQuery(request);
    const { all: _, limit, ...select } = selection;
    const dropped = await parts.recorder.ask(
      { op: 'drop-dead', select, limit },
      { timeoutMs: SELECTION_TIMEOUT_MS },
    );
    answerJson(response, 200, dropped, { 'Cache-Control': 'no-store' });
  };
}

function selectionInQuery(request: IncomingMessage) {
  const { id, all, ...rest } = check(dropQuerySchema, readQuery(request));
  return check(dropBodySchema, {
    ...rest,
    ...(id !== undefined && { ids: [id].flat() }),
    ...(all !== undefined && { all: true }),
  });
}
