import { isUtf8 } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';
import { defineTask } from '@heddle/client';
import {
  aggregateInputSchema,
  aggregateSchema,
  HeddleError,
  partialAggregateSchema,
} from '@heddle/contracts';
import { z } from 'zod';
import { Aggregate } from '../data/aggregate-rows.ts';
import { readRows, unreadable } from '../data/read-rows.ts';

/** Rows between two looks at the signal, which comes as a message. */
const LOOK_EVERY_ROWS = 20_000;

export const dataAggregate = defineTask({
  name: 'data.aggregate',
  description:
    'Counts, sums, least, greatest and mean of columns of NDJSON or CSV, by groups. `POST /v1/aggregate` takes a file of any size apart for it.',
  body: 'bytes',
  input: aggregateInputSchema,
  output: z.union([aggregateSchema, partialAggregateSchema]),
  pool: 'thread',
  timeout: '5m',
  errorCodes: ['data_unreadable', 'data_too_many_groups'],
  run: async ({ input, bytes, signal }) => {
    const { fields, groupBy, partial } = input;
    const aggregate = new Aggregate({ fields, groupBy });
    let rows = 0;
    const source = { ...input, columns: [...fields, ...groupBy] };
    for (const { row, line } of readRows(textOf(bytes, input.firstLine), source)) {
      addRow(aggregate, row, line);
      if (++rows % LOOK_EVERY_ROWS !== 0) continue;
      await turn();
      signal.throwIfAborted();
    }
    return partial ? aggregate.partial() : aggregate.result();
  },
});

function addRow(aggregate: Aggregate, row: (column: string) => unknown, line: number): void {
  try {
    aggregate.add(row);
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'data_unreadable')
      throw unreadable(line, error.message);
    throw error;
  }
}

function textOf(bytes: Buffer, firstLine: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(lineOfOtherBytes(bytes, firstLine), 'expected UTF-8, got other bytes');
  }
}

/** The first line that is no UTF-8, of bytes of which one is. */
function lineOfOtherBytes(bytes: Buffer, firstLine: number): number {
  let line = firstLine;
  for (let at = 0; ; line += 1) {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0 || !isUtf8(bytes.subarray(at, newline))) return line;
    at = newline + 1;
  }
}
