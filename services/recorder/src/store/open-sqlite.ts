import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import {
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely';

/**
 * WAL with synchronous=FULL: each commit is on the disk before the events in it are acked, because afterwards nobody
 * else has them. NORMAL would save the fsync (one per batch, not one per event) and lose the last commits in a power cut.
 */
const PRAGMAS = [
  'journal_mode = WAL',
  'synchronous = FULL',
  // Another process that holds the file makes a call fail at once, and we wait without stopping the event loop.
  'busy_timeout = 100',
  // 16 MiB of pages. Larger steps between checkpoints write a page that changes often to the file only once.
  'cache_size = -16384',
  'wal_autocheckpoint = 4000',
  'journal_size_limit = 67108864',
  'temp_store = MEMORY',
];

/** Opens (or makes) the database in a file, for one process. With `alone`, throws if another one has it open, and keeps it out. */
export function openSqlite(file: string, { alone = false } = {}): Dialect {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  // Before the first look at it: the lock is taken when write-ahead logging begins.
  const pragmas = alone ? ['locking_mode = EXCLUSIVE', ...PRAGMAS] : PRAGMAS;
  try {
    for (const pragma of pragmas) database.exec(`PRAGMA ${pragma}`);
  } catch (error) {
    database.close();
    throw new Error(`${file} cannot be used: ${(error as Error).message}`, { cause: error });
  }
  const dialect = new SqliteDialect({ database: forKysely(database) });
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => dialect.createDriver(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** SQLite can make tables in a transaction, and a migration that a crash cut short must leave nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Statements kept prepared. Beyond that the oldest goes; searches make some dozens of them. */
const MAX_PREPARED = 256;

/** The interface that Kysely knows, with each statement prepared once. */
function forKysely(database: DatabaseSyncInstance): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    prepare(text) {
      const known = prepared.get(text);
      if (known) return known;
      // A transaction that reads first and writes then must hold the lock from the start, or fail midway.
      const statement = database.prepare(text === 'begin' ? 'begin immediate' : text);
      const made: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters) as unknown[],
        run: (parameters) => {
          // A full disk has rolled back already; to do so again would hide why behind "no transaction is active".
          if (text === 'rollback' && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 };
          return statement.run(...parameters);
        },
        iterate: (parameters) => statement.iterate(...parameters),
      };
      const oldest = prepared.size >= MAX_PREPARED ? prepared.keys().next() : undefined;
      if (oldest && !oldest.done) prepared.delete(oldest.value);
      prepared.set(text, made);
      return made;
    },
    close() {
      prepared.clear();
      database.close();
    },
  };
}
