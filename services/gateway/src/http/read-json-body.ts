import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { GatewayParts } from '../gateway-parts.ts';
import { check } from './check.ts';
import { requireMediaType } from './media-type.ts';
import { readBody } from './read-body.ts';
import { readJson } from './read-json.ts';

const JSON_TYPES = ['application/json'];

/** Reads a JSON body and checks it. Rejects as `readBody`, `readJson` and `check` do. */
export async function readJsonBody<S extends z.ZodType>(
  request: IncomingMessage,
  schema: S,
  { admission, maxMessageBytes }: Pick<GatewayParts, 'admission' | 'maxMessageBytes'>,
): Promise<z.infer<S>> {
  requireMediaType(request, JSON_TYPES);
  const body = await readBody(request, maxMessageBytes, admission);
  try {
    return check(schema, readJson(body));
  } finally {
    admission.release(body.length);
  }
}

/** Whether the request has a body, be it an empty one. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
