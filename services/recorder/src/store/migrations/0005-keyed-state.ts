import { type Kysely, PostgresAdapter, sql } from 'kysely';

/** State by key, and the jobs that wait for it to change. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const text = postgres ? sql`text collate "C"` : sql`text`;

  await db.schema
    .createTable('key_states')
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('value', 'text')
    .addColumn('has_waiters', 'integer', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('key_states_key', ['name', 'key'])
    .execute();

  await db.schema
    .createTable('waiters')
    .addColumn('job_id', text, (column) => column.primaryKey().notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('seen_version', 'bigint', (column) => column.notNull())
    .addColumn('awake', 'integer', (column) => column.notNull())
    .addColumn('woken_at', 'bigint', (column) => column.notNull())
    .addColumn('attempt', 'bigint', (column) => column.notNull())
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('properties', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('waiters_in_line')
    .on('waiters')
    .columns(['name', 'key', 'awake', 'since', 'job_id'])
    .execute();
  await sql`create index waiters_by_deadline on waiters (until) where awake = 0`.execute(db);
  await sql`create index waiters_awake on waiters (woken_at) where awake = 1`.execute(db);
}
