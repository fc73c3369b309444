import { type Kysely, PostgresAdapter, sql } from 'kysely';

/**
 * Delays, deadlines, keys, cancels, dead groups, batches and schedules. The new indexes on jobs are partial: a job that
 * has no deadline, belongs to no batch and does not die costs nothing in them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const text = postgres ? sql`text collate "C"` : sql`text`;

  const ofJobs = {
    retry: 'text',
    deadline: 'bigint',
    webhook: 'text',
    batch_index: 'bigint',
    due_at: 'bigint',
    edited: 'text',
    edited_input: 'text',
    unique_key: 'text',
  } as const;
  for (const [name, type] of Object.entries(ofJobs)) {
    await db.schema.alterTable('jobs').addColumn(name, type).execute();
  }
  await db.schema.alterTable('outbox').addColumn('due_at', 'bigint').execute();

  await sql`create index jobs_by_deadline on jobs (deadline)
    where deadline is not null and state in ('queued', 'delayed')`.execute(db);
  await sql`create index jobs_by_batch on jobs (batch, batch_index) where batch is not null`.execute(db);
  await sql`create index jobs_unfinished_by_batch on jobs (batch, batch_index)
    where batch is not null and state in ('queued', 'delayed', 'running', 'retrying')`.execute(db);
  await sql`create index jobs_by_death on jobs (state, task, error_code, state_at, id)
    where state in ('dead', 'failed')`.execute(db);

  await db.schema
    .createTable('dead_counts')
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('error_code', text, (column) => column.notNull())
    .addColumn('day', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('jobs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('dead_counts_key', ['task', 'error_code', 'day', 'state', 'shard'])
    .execute();
  await sql`insert into dead_counts (task, error_code, day, state, shard, jobs)
    select task, coalesce(error_code, ''), state_at / 86400000, state, 0, count(*) from jobs
    where state in ('dead', 'failed') group by 1, 2, 3, 4`.execute(db);

  await db.schema
    .createTable('unique_keys')
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('job_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('unique_keys_key', ['task', 'key'])
    .execute();
  await db.schema.createIndex('unique_keys_by_job').on('unique_keys').columns(['job_id']).execute();
  await db.schema
    .createTable('cancels')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('of', 'text', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('paused_tasks')
    .addColumn('task', text, (column) => column.primaryKey().notNull())
    .addColumn('paused_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('batches')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('total', 'bigint', (column) => column.notNull())
    .addColumn('succeeded', 'bigint', (column) => column.notNull())
    .addColumn('failed', 'bigint', (column) => column.notNull())
    .addColumn('dead', 'bigint', (column) => column.notNull())
    .addColumn('cancelled', 'bigint', (column) => column.notNull())
    .addColumn('expired', 'bigint', (column) => column.notNull())
    .addColumn('stopping', 'integer', (column) => column.notNull())
    .addColumn('reduce_job', text)
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('result', 'text')
    .execute();
  await db.schema.createIndex('batches_by_age').on('batches').columns(['accepted_at', 'id']).execute();
  await sql`create index batches_stopping on batches (id) where stopping = 1`.execute(db);

  await db.schema
    .createTable('schedules')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('input', 'text', (column) => column.notNull())
    .addColumn('cron', 'text')
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .addColumn('every_ms', 'bigint')
    .addColumn('missed', 'text', (column) => column.notNull())
    .addColumn('paused', 'integer', (column) => column.notNull())
    .addColumn('options', 'text', (column) => column.notNull())
    .addColumn('last_tick_at', 'bigint')
    .addColumn('last_job', text)
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}
