import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fillDatabase, readAllRows } from '../../test/all-rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/open-test-store.ts';
import { openMigrated, openStore, sqliteFile } from '../store/open-database.ts';
import { openPostgres } from '../store/open-postgres.ts';
import { openSqlite } from '../store/open-sqlite.ts';
import type { Database } from '../store/schema.ts';
import { readEpoch } from '../store/stream-epoch.ts';
import { listTables } from './list-tables.ts';
import { moveDatabase, undoMove } from './move-database.ts';

const ignore = (): void => undefined;

describe('moving from SQLite to PostgreSQL', () => {
  let old: TestDatabase;
  let target: TestDatabase;
  let from: Database;
  let to: Database;

  beforeEach(async () => {
    old = await createTestDatabase('SQLite');
    target = await createTestDatabase('PostgreSQL');
    await fillDatabase(old);
    from = await openMigrated(openSqlite(sqliteFile(old.options.folder)));
    to = await openMigrated(openPostgres(target.options.url ?? '', ignore));
    await addTableOfTomorrow(from, 'integer primary key autoincrement', 'blob');
    await addTableOfTomorrow(to, 'bigserial primary key', 'bytea');
    await sql`insert into later_rows values (7, ${Buffer.from([0, 255, 1])}), (9, null)`.execute(from);
  });
  afterEach(async () => {
    await from.destroy();
    await to.destroy();
    await old.remove();
    await target.remove();
  });

  test('brings every row of every table as it was', async () => {
    const moved = await moveDatabase({ from, to, onProgress: ignore });
    const tables = await listTables(from);
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['jobs', 'outputs', 'later_rows']));
    let rows = 0;
    for (const { name } of tables) {
      const ours = await readAllRows(from, name);
      expect(await readAllRows(to, name), name).toEqual(ours);
      rows += ours.length;
    }
    expect(moved).toEqual({ tables: tables.length, rows, before: false });
    await sql`insert into later_rows (bytes) values (null)`.execute(to);
    expect((await readAllRows(to, 'later_rows')).join()).toContain('["id",10]');
  });

  test('goes on where it was cut short, and leaves nothing twice', async () => {
    let pieces = 0;
    const cutShort = moveDatabase({
      from,
      to,
      onProgress: () => {
        pieces += 1;
        if (pieces === 3) throw new Error('the power failed');
      },
    });
    await expect(cutShort).rejects.toThrow('the power failed');
    const open = openStore({ url: target.options.url, folder: '', onError: ignore });
    await expect(open).rejects.toThrow('half moved');

    const again: string[] = [];
    await moveDatabase({ from, to, onProgress: (table) => again.push(table) });
    expect(again.length).toBeGreaterThan(0);
    for (const { name } of await listTables(from)) {
      expect(await readAllRows(to, name), name).toEqual(await readAllRows(from, name));
    }
    const recorder = await target.open();
    await recorder.db.destroy();
  });

  test('does nothing the second time', async () => {
    const { rows } = await moveDatabase({ from, to, onProgress: ignore });
    const never = (): never => {
      throw new Error('a row was copied');
    };
    await expect(moveDatabase({ from, to, onProgress: never })).resolves.toMatchObject({
      rows,
      before: true,
    });
  });

  test('refuses a database that is not empty', async () => {
    await readEpoch(to);
    const move = moveDatabase({ from, to, onProgress: ignore });
    await expect(move).rejects.toThrow('expected an empty database, got rows in its table facts');
  });

  test('keeps recorders from the old database, until it is undone', async () => {
    await moveDatabase({ from, to, onProgress: ignore });
    await from.destroy();
    await expect(old.open()).rejects.toThrow('was moved to PostgreSQL');
    from = await openMigrated(openSqlite(sqliteFile(old.options.folder)));
    await undoMove(from);
    await from.destroy();
    const recorder = await old.open();
    await recorder.db.destroy();
  });
});

describe('the command move-to-postgres', () => {
  test('refuses a database that is in use, and moves it when it is not', async () => {
    const old = await createTestDatabase('SQLite');
    const target = await createTestDatabase('PostgreSQL');
    const env = { HEDDLE_DATA: old.options.folder, DATABASE_URL: target.options.url ?? '' };
    const recorder = await old.open();
    await readEpoch(recorder.db);
    expect(await runMove(env)).toMatchObject({
      code: 1,
      output: expect.stringContaining('stop the recorder'),
    });
    await recorder.db.destroy();

    await vi.waitFor(async () => {
      collectGarbage();
      expect(await runMove(env)).toMatchObject({ code: 0, output: expect.stringMatching(/moved 1 rows/) });
    }, 30_000);
    await old.remove();
    await target.remove();
  });
});

/** A statement is closed when it is collected, and a file when its statements are. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

async function runMove(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const main = fileURLToPath(new URL('../../dist/move-to-postgres.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** What a later migration will bring: the move takes its tables from the schema. */
async function addTableOfTomorrow(db: Database, key: string, bytes: string): Promise<void> {
  await sql.raw(`create table later_rows (id ${key}, bytes ${bytes})`).execute(db);
}
