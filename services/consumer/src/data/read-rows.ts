import { HeddleError } from '@heddle/contracts';
import type { Row } from './aggregate-rows.ts';
import { parseCsv } from './parse-csv.ts';

export interface RowSource {
  readonly format: 'ndjson' | 'csv';
  readonly delimiter: string;
  /** Of CSV that does not begin with it. */
  readonly header?: readonly string[] | undefined;
  /** Line on which the text begins. */
  readonly firstLine: number;
}

/** The rows of a text, and the line that each begins on. Throws `data_unreadable` naming the line. */
export function* readRows(text: string, source: RowSource): Generator<{ row: Row; line: number }> {
  if (source.format === 'csv') yield* readCsv(text, source);
  else yield* readLines(text, source.firstLine);
}

function* readLines(text: string, firstLine: number): Generator<{ row: Row; line: number }> {
  let line = firstLine;
  for (let at = 0; at < text.length; line += 1) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const record = text.slice(at, end).trim();
    at = end + 1;
    if (record === '') continue;
    const object = readObject(record, line);
    yield { row: (column) => (Object.hasOwn(object, column) ? object[column] : undefined), line };
  }
}

function readObject(record: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch (error) {
    throw unreadable(line, `expected JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unreadable(line, 'expected a JSON object');
  }
  return value as Record<string, unknown>;
}

function* readCsv(text: string, source: RowSource): Generator<{ row: Row; line: number }> {
  let places = source.header && placesOf(source.header);
  for (const { cells, line } of parseCsv(text, source.delimiter, source.firstLine)) {
    // An empty line is no row.
    if (cells.length === 1 && cells[0] === '') continue;
    if (!places) {
      places = placesOf(cells);
      continue;
    }
    if (cells.length !== places.size && cells.length > places.size) {
      throw unreadable(line, `expected ${places.size} cells, got ${cells.length}`);
    }
    const known = places;
    yield { row: (column) => cells[known.get(column) ?? -1], line };
  }
}

function placesOf(header: readonly string[]): Map<string, number> {
  return new Map(header.map((name, place) => [name.trim(), place]));
}

export function unreadable(line: number, what: string): HeddleError {
  return new HeddleError('data_unreadable', `line ${line}: ${what}`);
}
