import type { IncomingMessage } from 'node:http';
import {
  type BatchBody,
  batchBodySchema,
  batchQuerySchema,
  describeIssues,
  HeddleError,
} from '@heddle/contracts';
import { check } from '../http/check.ts';
import { mediaTypeOf } from '../http/media-type.ts';
import { readJson } from '../http/read-json.ts';
import { readQuery } from '../http/read-query.ts';
import { type Line, LineSplitter } from '../jobs/split-lines.ts';

export const BATCH_TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
];

/** The batch that a body asks for: all of it as JSON, or its inputs as NDJSON and the rest in the query. */
export function readBatch(request: IncomingMessage, body: Buffer): BatchBody {
  if (mediaTypeOf(request) === 'application/json') return check(batchBodySchema, readJson(body));
  const { tag, reduce, webhook, ...options } = check(batchQuerySchema, readQuery(request));
  return check(batchBodySchema, {
    ...options,
    inputs: readLines(body),
    ...(tag !== undefined && { tags: [tag].flat() }),
    ...(reduce !== undefined && { reduce: { task: reduce } }),
    ...(webhook !== undefined && { webhook: { url: webhook } }),
  });
}

/** An input a line; empty lines are none. Throws `invalid_json` or `invalid_request` naming the line. */
function readLines(body: Buffer): unknown[] {
  const splitter = new LineSplitter(body.length);
  const inputs: unknown[] = [];
  let number = 0;
  const take = (line: Line) => {
    number++;
    if ('bytes' in line && line.bytes.length > 0) inputs.push(readLine(line.bytes, number));
  };
  for (const line of splitter.push(body)) take(line);
  for (const line of splitter.end()) take(line);
  return inputs;
}

function readLine(bytes: Buffer, number: number): unknown {
  try {
    return readJson(bytes);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const words = error.issues.length > 0 ? describeIssues(error.issues) : error.message;
    throw new HeddleError(error.code, `line ${number}: ${words}`, { cause: error });
  }
}
