import type { IncomingMessage } from 'node:http';
import { aggregateQuerySchema, HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { untilGone } from '../http/gone.ts';
import { mediaTypeOf, refuseContentEncoding } from '../http/media-type.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { requireBroker } from '../jobs/enqueue-job.ts';
import { chunksOf } from '../jobs/held-lines.ts';
import { FileAggregation, type FileOptions, mostBytes } from './aggregate-file.ts';
import { RecordSplitter } from './split-records.ts';

/** Files at once: each holds a window of chunks. */
const MOST_FILES = 20;

const TASKS = ['data.aggregate', 'data.merge'];

const FORMATS: Readonly<Record<string, 'ndjson' | 'csv'>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

/** `POST /v1/aggregate`: a file of any size, read as fast as the workers do their chunks of it; one answer. */
export function serveAggregate(parts: GatewayParts): Handler {
  let files = 0;
  return async (request, response) => {
    const format = FORMATS[mediaTypeOf(request)];
    if (!format) {
      throw new HeddleError(
        'unsupported_media_type',
        `expected Content-Type ${Object.keys(FORMATS).join(', ')}, got ${mediaTypeOf(request) || 'none'}`,
      );
    }
    refuseContentEncoding(request);
    const {
      fields = [],
      groupBy = [],
      delimiter = ',',
      chunkBytes,
    } = check(aggregateQuerySchema, readQuery(request));
    requireBroker(parts.broker.state);
    for (const task of TASKS) if (!parts.tasks.get(task)) await parts.tasks.find(task);
    if (files >= MOST_FILES) throw new HeddleError('overloaded', `${MOST_FILES} files are read here already`);
    const signal = untilGone(response, parts.draining);
    const { maxMessageBytes } = parts;
    const options: FileOptions = { spec: { fields, groupBy }, format, delimiter, maxMessageBytes };
    const cells = format === 'csv' ? delimiter : undefined;
    const most = mostBytes(maxMessageBytes);
    const splitter = new RecordSplitter(cells, Math.min(chunkBytes, most.chunk), most.record);
    files += 1;
    try {
      answerJson(response, 200, await aggregate(request, parts, options, splitter, signal));
    } finally {
      files -= 1;
    }
  };
}

async function aggregate(
  request: IncomingMessage,
  parts: GatewayParts,
  options: FileOptions,
  splitter: RecordSplitter,
  signal: AbortSignal,
): Promise<unknown> {
  const aggregation = new FileAggregation({ jobs: parts, admission: parts.admission }, options, signal);
  for await (const part of chunksOf(request)) {
    for (const chunk of splitter.push(part)) await aggregation.add(chunk);
  }
  for (const chunk of splitter.end()) await aggregation.add(chunk);
  return await aggregation.end();
}
