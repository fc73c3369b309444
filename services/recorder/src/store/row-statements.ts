import { ChunkedStatement } from './chunked-statement.ts';
import type { JobRow } from './schema.ts';

type Column = keyof JobRow;

/** Inserts the named columns of rows; a row that is there already stays as it is, and is not counted as affected. */
export function insertOf(columns: readonly Column[]): ChunkedStatement<JobRow> {
  return new ChunkedStatement<JobRow>(
    (tx, count) =>
      tx
        .insertInto('jobs')
        .values(placeholders(columns, count))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .compile(),
    (row) => columns.map((column) => row[column]),
  );
}

/** What a row cannot be without, so that an upsert may name it. */
const REQUIRED = [
  'id',
  'task',
  'accepted_at',
  'priority',
  'state',
  'event',
  'generation',
  'attempt',
  'run',
  'seq',
  'state_at',
  'updated_at',
] as const satisfies Column[];

/** Writes the named columns of rows that exist. */
export function updateOf(columns: readonly Column[]): ChunkedStatement<JobRow> {
  const named = [...new Set<Column>([...REQUIRED, ...columns])];
  return new ChunkedStatement<JobRow>(
    (tx, count) =>
      tx
        .insertInto('jobs')
        .values(placeholders(named, count))
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet((eb) =>
              Object.fromEntries(columns.map((column) => [column, eb.ref(`excluded.${column}`)])),
            ),
        )
        .compile(),
    (row) => named.map((column) => row[column]),
  );
}

function placeholders(columns: readonly Column[], count: number): JobRow[] {
  const row = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as JobRow;
  return Array.from({ length: count }, () => row);
}
