import { randomUUID } from 'node:crypto';
import type { TableMetadata } from 'kysely';
import type { Database } from '../store/schema.ts';
import { copyTable } from './copy-table.ts';
import { continueNumbering, countRows, hasRows, listTables } from './list-tables.ts';
import {
  type Arriving,
  deleteMoveFact,
  type Leaving,
  readMoveFact,
  type TableProgress,
  writeMoveFact,
} from './move-facts.ts';

export interface MoveOptions {
  /** SQLite, open in this process alone. */
  readonly from: Database;
  /** PostgreSQL: empty, or what an earlier run of the same move has left. */
  readonly to: Database;
  /** After each piece. */
  readonly onProgress: (table: string, rows: number, of: number) => void;
}

export interface Moved {
  readonly tables: number;
  readonly rows: number;
  /** An earlier run had done it. */
  readonly before: boolean;
}

/** Facts of the move itself stay where they are. */
const FACTS = 'facts';

/**
 * Copies every row of every table that the schema has. May be cut short at any time and run again: it goes on where it was.
 * When it ends, all rows are there, counted, and a recorder refuses the old database.
 */
export async function moveDatabase({ from, to, onProgress }: MoveOptions): Promise<Moved> {
  const tables = await matchTables(from, to);
  const { leaving, arriving } = await begin(from, to, tables);
  const names = tables.map(({ name }) => name);
  const before = arriving === undefined;
  if (arriving) {
    await copyAll(from, to, tables, arriving, onProgress);
    await compareCounts(from, to, names);
    await to.transaction().execute(async (tx) => {
      await deleteMoveFact(tx, 'move-arriving');
      await writeMoveFact(tx, 'move-arrived', { id: leaving.id });
    });
  }
  await writeMoveFact(from, 'move-leaving', { ...leaving, done: true });
  let rows = 0;
  for (const name of names) rows += await countRows(from, name);
  return { tables: names.length, rows: rows - 1, before };
}

/** Lets a recorder use the SQLite database again; what the other one holds is left alone. */
export async function undoMove(from: Database): Promise<void> {
  await deleteMoveFact(from, 'move-leaving');
}

async function matchTables(from: Database, to: Database): Promise<TableMetadata[]> {
  const [ours, theirs] = [await listTables(from), await listTables(to)];
  const signature = ({ name, columns }: TableMetadata): string =>
    `${name} (${columns
      .map((column) => column.name)
      .toSorted()
      .join(', ')})`;
  const known = new Set(theirs.map(signature));
  const missing = ours.filter((table) => !known.has(signature(table)));
  if (missing.length > 0) {
    throw new Error(
      `expected these tables in PostgreSQL too, got others: ${missing.map(signature).join('; ')}`,
    );
  }
  const names = new Set(ours.map(({ name }) => name));
  return theirs.filter(({ name }) => names.has(name));
}

/** Decides what this run is: the first of a move, one that goes on, or one after the end (`arriving` is absent). */
async function begin(
  from: Database,
  to: Database,
  tables: readonly TableMetadata[],
): Promise<{ leaving: Leaving; arriving: Arriving | undefined }> {
  const leaving = (await readMoveFact(from, 'move-leaving')) ?? { id: randomUUID(), done: false };
  const arriving = await readMoveFact(to, 'move-arriving');
  if (arriving) {
    if (arriving.id === leaving.id) return { leaving, arriving };
    throw new Error('expected an empty database, got one that another move has begun to fill');
  }
  if ((await readMoveFact(to, 'move-arrived'))?.id === leaving.id) return { leaving, arriving: undefined };
  for (const { name } of tables) {
    if (await hasRows(to, name)) throw new Error(`expected an empty database, got rows in its table ${name}`);
  }
  // First here: from now on no recorder changes what has been copied.
  await writeMoveFact(from, 'move-leaving', { ...leaving, done: false });
  const empty = { id: leaving.id, tables: {} };
  await writeMoveFact(to, 'move-arriving', empty);
  return { leaving: { ...leaving, done: false }, arriving: empty };
}

async function copyAll(
  from: Database,
  to: Database,
  tables: readonly TableMetadata[],
  arriving: Arriving,
  onProgress: MoveOptions['onProgress'],
): Promise<void> {
  const all: Record<string, TableProgress> = { ...arriving.tables };
  for (const table of tables.filter(({ name }) => name !== FACTS)) {
    const { name, columns } = table;
    const of = await countRows(from, name);
    all[name] = await copyTable({
      from,
      to,
      table: name,
      columns: columns.map((column) => column.name),
      progress: all[name] ?? { after: Number.MIN_SAFE_INTEGER, rows: 0 },
      keep: (tx, progress) =>
        writeMoveFact(tx, 'move-arriving', { id: arriving.id, tables: { ...all, [name]: progress } }),
      onPiece: ({ rows }) => onProgress(name, rows, of),
    });
    await continueNumbering(to, table);
  }
  await copyFacts(from, to);
}

async function copyFacts(from: Database, to: Database): Promise<void> {
  const facts = await from.selectFrom(FACTS).selectAll().where('name', '!=', 'move-leaving').execute();
  if (facts.length === 0) return;
  const replace = to.insertInto(FACTS).values(facts);
  await replace
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

/** Both have one fact about the move, so their numbers agree. */
async function compareCounts(from: Database, to: Database, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const [ours, theirs] = [await countRows(from, table), await countRows(to, table)];
    if (ours !== theirs) throw new Error(`expected ${ours} rows in ${table}, got ${theirs}`);
  }
}
