import { type Kysely, PostgresAdapter, sql } from 'kysely';

/**
 * Inputs of batches that are still being uploaded, and the time to live of results. The index is partial: a job whose
 * result is kept as long as itself costs nothing in it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const blob = postgres ? sql`bytea` : sql`blob`;

  await db.schema
    .createTable('batch_parts')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('batch', text, (column) => column.notNull())
    .addColumn('first', 'bigint', (column) => column.notNull())
    .addColumn('jobs', 'bigint', (column) => column.notNull())
    .addColumn('stored_at', 'bigint', (column) => column.notNull())
    .addColumn('properties', 'text', (column) => column.notNull())
    .addColumn('body', blob, (column) => column.notNull())
    .addUniqueConstraint('batch_parts_place', ['batch', 'first'])
    .execute();

  await db.schema.alterTable('jobs').addColumn('result_ttl_ms', 'bigint').execute();
  await db.schema.alterTable('jobs').addColumn('result_until', 'bigint').execute();
  await db.schema.alterTable('jobs').addColumn('result_gone', 'bigint').execute();
  await sql`create index jobs_by_result_until on jobs (result_until)
    where result_until is not null`.execute(db);
}
