import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { Database, Schema } from './schema.ts';

export interface DatabaseOptions {
  /** `postgresql://…`; absent: SQLite in `folder`. */
  readonly url?: string | undefined;
  readonly folder: string;
  /** Hears of connections that break; what was being done fails besides. */
  readonly onError: (error: Error) => void;
}

/** The recorder's database, at the newest schema. */
export interface Store {
  readonly db: Database;
  /** Whether other recorders write to it too. */
  readonly shared: boolean;
  /** Which of the counts' shards this process adds to. */
  readonly shard: number;
}

const COUNT_SHARDS = 16;

/** Opens the database and migrates it. Close it with `store.db.destroy()`. */
export async function openStore({ url, folder, onError }: DatabaseOptions): Promise<Store> {
  const shared = url !== undefined;
  const dialect = shared ? openPostgres(url, onError) : openSqlite(join(folder, 'recorder.db'));
  const db = new Kysely<Schema>({ dialect });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, shared, shard: shared ? randomInt(COUNT_SHARDS) : 0 };
}
