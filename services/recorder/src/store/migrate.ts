import { type Kysely, type Migration, Migrator } from 'kysely';
import { up as first } from './migrations/0001-first.ts';
import { up as dependable } from './migrations/0002-dependable-jobs.ts';
import { up as batchPartsAndResultTtl } from './migrations/0004-batch-parts-and-result-ttl.ts';
import { up as keyedState } from './migrations/0005-keyed-state.ts';
import { up as syncObjects } from './migrations/0006-sync-objects.ts';
import { up as syncReports } from './migrations/0006-sync-reports.ts';
import { up as namedWaits } from './migrations/0007-named-waits.ts';
import type { Database } from './schema.ts';

/** Forward only, in the order of their names. One that has been released is never edited. */
const migrations: Record<string, Migration> = {
  '0001-first': { up: first },
  '0002-dependable-jobs': { up: dependable },
  '0004-batch-parts-and-result-ttl': { up: batchPartsAndResultTtl },
  '0005-keyed-state': { up: keyedState },
  '0006-sync-objects': { up: syncObjects },
  '0006-sync-reports': { up: syncReports },
  '0007-named-waits': { up: namedWaits },
};

/** Brings the database to the newest schema. Several recorders may do so at once: PostgreSQL holds all but one back. */
export async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({
    db: db as Kysely<unknown>,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  if (error !== undefined) throw new Error('the migrations failed', { cause: error });
}
