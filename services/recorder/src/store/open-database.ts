import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type Dialect, Kysely } from 'kysely';
import { refuseMoved } from '../move/move-facts.ts';
import { migrate } from './migrate.ts';
import { ENDLESS_PATIENCE, openPostgres } from './open-postgres.ts';
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

/** The file of the embedded database. */
export function sqliteFile(folder: string): string {
  return join(folder, 'recorder.db');
}

/** Opens the database and migrates it. Close it with `store.db.destroy()`. Rejects if it has been moved, or is being moved. */
export async function openStore({ url, folder, onError }: DatabaseOptions): Promise<Store> {
  const shared = url !== undefined;
  const db = await (shared ? openShared(url, onError) : openMigrated(openSqlite(sqliteFile(folder))));
  try {
    await refuseMoved(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, shared, shard: shared ? randomInt(COUNT_SHARDS) : 0 };
}

/** Migrates with other connections than those that work with it: these do not wait for anything for long. */
async function openShared(url: string, onError: DatabaseOptions['onError']): Promise<Database> {
  const migrated = await openMigrated(openPostgres(url, onError, ENDLESS_PATIENCE));
  await migrated.destroy();
  return new Kysely<Schema>({ dialect: openPostgres(url, onError) });
}

/** A database at the newest schema, whoever it belongs to. */
export async function openMigrated(dialect: Dialect): Promise<Database> {
  const db = new Kysely<Schema>({ dialect });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}
