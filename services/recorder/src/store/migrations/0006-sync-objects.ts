import { type Kysely, PostgresAdapter, sql } from 'kysely';

/** Named objects of the concurrency toolbox, what is in them, and who waits for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const text = postgres ? sql`text collate "C"` : sql`text`;

  await db.schema
    .createTable('sync_objects')
    .addColumn('object', text, (column) => column.primaryKey().notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('ready', 'bigint', (column) => column.notNull())
    .addColumn('unfinished', 'bigint', (column) => column.notNull())
    .addColumn('waiting', 'bigint', (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('sync_items')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('object', text, (column) => column.notNull())
    .addColumn('rank', text, (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('taker', text)
    .addColumn('session', text)
    .addColumn('taken_at', 'bigint')
    .execute();
  await sql`create index sync_items_in_line on sync_items (object, rank, seq) where taker is null`.execute(
    db,
  );
  await sql`create unique index sync_items_by_taker on sync_items (taker) where taker is not null`.execute(
    db,
  );
  await sql`create index sync_items_by_session on sync_items (session) where session is not null`.execute(db);

  await db.schema
    .createTable('sync_tickets')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('session', text, (column) => column.notNull())
    .addColumn('object', text, (column) => column.notNull())
    .addColumn('wants', text, (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('asked', 'text')
    .addColumn('outcome', 'text')
    .addColumn('ended_at', 'bigint')
    .execute();
  await sql`create index sync_tickets_in_line on sync_tickets (object, wants, seq) where ended_at is null`.execute(
    db,
  );
  await db.schema
    .createIndex('sync_tickets_by_session')
    .on('sync_tickets')
    .columns(['session', 'object'])
    .execute();
  await sql`create index sync_tickets_by_end on sync_tickets (ended_at) where ended_at is not null`.execute(
    db,
  );
}
