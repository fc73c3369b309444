import { type Kysely, PostgresAdapter, sql } from 'kysely';

/**
 * Search: each index ends in (accepted_at, id), the order of the pages. `state` stands in all of them: it has nine
 * values, so a search without it reads nine ranges, which costs less than twice as many indexes on the way in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  // Ids and names are compared byte by byte in both.
  const text = postgres ? sql`text collate "C"` : sql`text`;
  const blob = postgres ? sql`bytea` : sql`blob`;

  await db.schema
    .createTable('jobs')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('accepted', 'text')
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('priority', 'bigint', (column) => column.notNull())
    .addColumn('tags', 'text')
    .addColumn('timeout_ms', 'bigint')
    .addColumn('batch', 'text')
    .addColumn('body_type', 'text')
    .addColumn('body_bytes', 'bigint')
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('generation', 'bigint', (column) => column.notNull())
    .addColumn('attempt', 'bigint', (column) => column.notNull())
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('state_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('error_code', text)
    .addColumn('progress', 'text')
    .addColumn('attempts', 'text')
    .addColumn('error', 'text')
    .addColumn('outputs', 'text')
    .addColumn('result', 'text')
    .addColumn('input', 'text')
    .execute();
  await db.schema.createIndex('jobs_by_state').on('jobs').columns(['state', 'accepted_at', 'id']).execute();
  await db.schema
    .createIndex('jobs_by_task')
    .on('jobs')
    .columns(['task', 'state', 'accepted_at', 'id'])
    .execute();
  await db.schema
    .createIndex('jobs_by_error')
    .on('jobs')
    .columns(['error_code', 'state', 'accepted_at', 'id'])
    .where(sql.ref('error_code'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('jobs_by_error_and_task')
    .on('jobs')
    .columns(['error_code', 'task', 'state', 'accepted_at', 'id'])
    .where(sql.ref('error_code'), 'is not', null)
    .execute();

  await db.schema
    .createTable('job_tags')
    .addColumn('job_id', text, (column) => column.notNull())
    .addColumn('tag', text, (column) => column.notNull())
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('error_code', text)
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_tags_key', ['job_id', 'tag'])
    .execute();
  await db.schema
    .createIndex('job_tags_by_state')
    .on('job_tags')
    .columns(['tag', 'state', 'accepted_at', 'job_id'])
    .execute();
  await db.schema
    .createIndex('job_tags_by_task')
    .on('job_tags')
    .columns(['tag', 'task', 'state', 'accepted_at', 'job_id'])
    .execute();
  await db.schema
    .createIndex('job_tags_by_error')
    .on('job_tags')
    .columns(['tag', 'error_code', 'state', 'accepted_at', 'job_id'])
    .where(sql.ref('error_code'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('job_tags_by_error_and_task')
    .on('job_tags')
    .columns(['tag', 'error_code', 'task', 'state', 'accepted_at', 'job_id'])
    .where(sql.ref('error_code'), 'is not', null)
    .execute();

  await db.schema
    .createTable('job_counts')
    .addColumn('task', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('shard', 'integer', (column) => column.notNull())
    .addColumn('jobs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('job_counts_key', ['task', 'state', 'shard'])
    .execute();

  await db.schema
    .createTable('outputs')
    .addColumn('job_id', text, (column) => column.notNull())
    .addColumn('run', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('sha256', text, (column) => column.notNull())
    .addColumn('stored_at', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('body', blob, (column) => column.notNull())
    .addPrimaryKeyConstraint('outputs_key', ['job_id', 'run', 'name', 'sha256'])
    .execute();
  await db.schema.createIndex('outputs_by_age').on('outputs').columns(['stored_at']).execute();

  await db.schema
    .createTable('outbox')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('exchange', 'text', (column) => column.notNull())
    .addColumn('routing_key', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('mandatory', 'integer', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('available_at', 'bigint', (column) => column.notNull())
    .addColumn('properties', 'text', (column) => column.notNull())
    .addColumn('body', blob, (column) => column.notNull())
    .execute();
  await db.schema.createIndex('outbox_by_turn').on('outbox').columns(['available_at', 'id']).execute();

  await db.schema
    .createTable('idempotency_keys')
    .addColumn('key', text, (column) => column.primaryKey().notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('job_id', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('idempotency_keys_by_job').on('idempotency_keys').columns(['job_id']).execute();

  await db.schema
    .createTable('tasks')
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('announcement', 'text', (column) => column.notNull())
    .addColumn('announced_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('facts')
    .addColumn('name', text, (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}
