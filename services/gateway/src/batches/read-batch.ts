import type { IncomingMessage } from 'node:http';
import { type BatchBody, batchBodySchema, batchQuerySchema } from '@heddle/contracts';
import { check } from '../http/check.ts';
import { mediaTypeOf } from '../http/media-type.ts';
import { readQuery } from '../http/read-query.ts';

export const BATCH_TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
];

/** What a batch is to be, without its inputs. */
export type BatchOptions = Omit<BatchBody, 'inputs' | 'range' | 'input'>;

/** Whether the body is the whole batch, and not an input a line. */
export function isWholeBatch(request: IncomingMessage): boolean {
  return mediaTypeOf(request) === 'application/json';
}

/** Of a batch whose body is NDJSON, everything but the inputs stands in the query. */
export function readBatchQuery(request: IncomingMessage): BatchOptions {
  const { tag, reduce, webhook, ...options } = check(batchQuerySchema, readQuery(request));
  const { inputs: _, ...others } = check(batchBodySchema, {
    ...options,
    // The schema asks for some; the true ones are still to come.
    inputs: [null],
    ...(tag !== undefined && { tags: [tag].flat() }),
    ...(reduce !== undefined && { reduce: { task: reduce } }),
    ...(webhook !== undefined && { webhook: { url: webhook } }),
  });
  return others;
}
