import { HeddleError } from '@heddle/contracts';
import type { Row } from './aggregate-rows.ts';
import { parseCsv } from './parse-csv.ts';

export interface RowSource {
  /** Columns that will be asked for: CSV must have them, once. */
  readonly columns: readonly string[];
  readonly format: 'ndjson' | 'csv';
  readonly delimiter: string;
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
  const { columns, delimiter, firstLine } = source;
  let header: Header | undefined;
  for (const { cells, line } of parseCsv(text, delimiter, firstLine)) {
    // An empty line is no row.
    if (cells.length === 1 && cells[0] === '') continue;
    if (!header) {
      header = readHeader(cells, columns, line);
      continue;
    }
    const { width, places } = header;
    if (cells.length > width) throw unreadable(line, `expected ${width} cells, got ${cells.length}`);
    yield { row: (column) => cells[places.get(column) ?? -1], line };
  }
}

interface Header {
  /** Its cells, those without a name and those of the same name too. */
  readonly width: number;
  readonly places: ReadonlyMap<string, number>;
}

/** Longer lists of names are cut: the text is for people. */
const MOST_SHOWN = 500;

function readHeader(cells: readonly string[], columns: readonly string[], line: number): Header {
  const names = cells.map((cell) => cell.trim());
  for (const column of columns) {
    const first = names.indexOf(column);
    if (first < 0) {
      const shown = names.map((name) => JSON.stringify(name)).join(', ');
      const cut = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…` : shown;
      throw unreadable(line, `expected a column ${JSON.stringify(column)}, got ${cut}`);
    }
    if (names.includes(column, first + 1)) {
      throw unreadable(line, `expected one column ${JSON.stringify(column)}, got several`);
    }
  }
  return { width: names.length, places: new Map(names.map((name, place) => [name, place])) };
}

export function unreadable(line: number, what: string): HeddleError {
  return new HeddleError('data_unreadable', `line ${line}: ${what}`);
}
