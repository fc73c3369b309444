/** Moves the recorder's embedded database to PostgreSQL. Reads the recorder's own settings; `npm run move-to-postgres` at the repository. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { moveDatabase, undoMove } from './move/move-database.ts';
import { openMigrated, sqliteFile } from './store/open-database.ts';
import { ENDLESS_PATIENCE, openPostgres } from './store/open-postgres.ts';
import { openSqlite } from './store/open-sqlite.ts';
import type { Database } from './store/schema.ts';

const usage = `usage: move-to-postgres [--undo]

  Copies the recorder's SQLite database in HEDDLE_DATA (default .heddle) to the empty PostgreSQL database that DATABASE_URL
  names. Stop the recorder first. If it is cut short, run it again: it goes on where it was.

  --undo    let a recorder use the SQLite database again, during a move or after it
`;
const SAY_EVERY_MS = 2_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function openSource(folder: string): Promise<Database> {
  const file = sqliteFile(folder);
  if (!existsSync(file))
    throw new Error(`HEDDLE_DATA: expected a folder with recorder.db in it, got ${folder}`);
  try {
    return await openMigrated(openSqlite(file, { alone: true }));
  } catch (error) {
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    throw new Error(`${file} is in use: stop the recorder first`, { cause: error });
  }
}

async function move(from: Database, url: string | undefined): Promise<void> {
  if (!url?.startsWith('postgres')) {
    throw new Error(`DATABASE_URL: expected postgres://…, got ${url ? 'another one' : 'nothing'}`);
  }
  const to = await openMigrated(
    openPostgres(url, (error) => say(`a connection broke: ${error.message}`), ENDLESS_PATIENCE),
  );
  let said = 0;
  try {
    const { tables, rows, before } = await moveDatabase({
      from,
      to,
      onProgress(table, done, of) {
        if (done < of && Date.now() - said < SAY_EVERY_MS) return;
        said = Date.now();
        say(`${table}: ${done} of ${of} rows`);
      },
    });
    say(
      before
        ? 'this database had been moved before; nothing to do'
        : `moved ${rows} rows of ${tables} tables, and counted them there`,
    );
    say('start the recorder with this DATABASE_URL; it does not start on the SQLite database any more');
  } finally {
    await to.destroy();
  }
}

try {
  const { values } = parseArgs({ options: { undo: { type: 'boolean', default: false } } });
  const from = await openSource(process.env['HEDDLE_DATA'] || '.heddle');
  try {
    if (values.undo) {
      await undoMove(from);
      say('a recorder may use the SQLite database again; empty the PostgreSQL database before another move');
    } else {
      await move(from, process.env['DATABASE_URL']);
    }
  } finally {
    await from.destroy();
  }
} catch (error) {
  const wrongUse = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  process.stderr.write(`${(error as Error).message}\n${wrongUse ? `\n${usage}` : ''}`);
  process.exitCode = wrongUse ? 2 : 1;
}
