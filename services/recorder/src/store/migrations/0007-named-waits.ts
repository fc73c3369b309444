import type { Kysely } from 'kysely';

/** Who waits, in words that people know. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sync_tickets').addColumn('name', 'text').execute();
}
