import { sql, type TableMetadata } from 'kysely';
import type { Database } from '../store/schema.ts';

/** Every table of the recorder's, whichever migration made it, with its columns; not those of the migrations themselves. */
export async function listTables(db: Database): Promise<TableMetadata[]> {
  const tables = await db.introspection.getTables();
  return tables
    .filter(({ isView, name }) => !isView && !name.startsWith('sqlite_') && !name.startsWith('kysely_'))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function countRows(db: Database, table: string): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.rows);
}

export async function hasRows(db: Database, table: string): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db);
  return rows.length > 0;
}

/** Lets PostgreSQL number new rows after those that came with a number of their own. */
export async function continueNumbering(db: Database, { name, columns }: TableMetadata): Promise<void> {
  for (const column of columns.filter(({ isAutoIncrementing }) => isAutoIncrementing)) {
    await sql`select setval(pg_get_serial_sequence(${name}, ${column.name}), max(${sql.ref(column.name)}))
      from ${sql.table(name)}`.execute(db);
  }
}
