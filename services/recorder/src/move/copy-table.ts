import { type Kysely, sql } from 'kysely';
import type { Database, Tx } from '../store/schema.ts';
import type { TableProgress } from './move-facts.ts';

/** Parameters of one statement; PostgreSQL takes 65,535. */
const MAX_PARAMETERS = 60_000;
const MAX_ROWS = 1_000;
const MAX_BYTES = 8 * 1024 * 1024;

type Row = Record<string, unknown>;
/** Tables that are known by name only. */
type AnyTables = Kysely<Record<string, Row>>;

export interface TableCopy {
  readonly from: Database;
  readonly to: Database;
  readonly table: string;
  readonly columns: readonly string[];
  /** How far an earlier run came. */
  readonly progress: TableProgress;
  /** Called in the transaction of each piece. */
  readonly keep: (tx: Tx, progress: TableProgress) => Promise<void>;
  /** Called after it. */
  readonly onPiece: (progress: TableProgress) => void;
}

/**
 * Copies the rows behind `progress` in the order of SQLite's `rowid`, a piece after the other; a piece and the note of it are
 * one transaction.
 */
export async function copyTable(copy: TableCopy): Promise<TableProgress> {
  const { from, table, columns } = copy;
  const most = Math.min(MAX_ROWS, Math.floor(MAX_PARAMETERS / columns.length));
  let { progress } = copy;
  let rows: Row[] = [];
  let bytes = 0;
  let last = progress.after;

  const write = async (): Promise<void> => {
    if (rows.length === 0) return;
    const next = { after: last, rows: progress.rows + rows.length };
    await copy.to.transaction().execute(async (tx) => {
      await (tx as unknown as AnyTables).insertInto(table).values(rows).execute();
      await copy.keep(tx, next);
    });
    progress = next;
    rows = [];
    bytes = 0;
    copy.onPiece(progress);
  };

  const read = (from as unknown as AnyTables)
    .selectFrom(table)
    .select(columns as string[])
    .select(sql<number>`rowid`.as('move_rowid'))
    .where(sql<number>`rowid`, '>', progress.after)
    .orderBy(sql`rowid`)
    .stream();
  for await (const { move_rowid: rowid, ...row } of read) {
    rows.push(row);
    bytes += sizeOf(row);
    last = rowid;
    if (rows.length >= most || bytes >= MAX_BYTES) await write();
  }
  await write();
  return progress;
}

function sizeOf(row: Row): number {
  let bytes = 0;
  for (const value of Object.values(row)) {
    if (typeof value === 'string') bytes += value.length;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  return bytes;
}
