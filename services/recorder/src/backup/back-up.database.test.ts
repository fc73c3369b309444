import { execFile } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findBinaries } from '../../../../scripts/postgres/start-postgres.mjs';
import { fillDatabase, readAllRows } from '../../test/all-rows.ts';
import { accepted, itemsOf } from '../../test/job-events.ts';
import { createTestDatabase } from '../../test/open-test-store.ts';
import { listTables } from '../move/list-tables.ts';
import { findJob } from '../store/find-job.ts';
import { sqliteFile } from '../store/open-database.ts';
import { BatchWriter } from '../store/record-batch.ts';
import type { Database } from '../store/schema.ts';
import { backUp } from './back-up-sqlite.ts';

const run = promisify(execFile);

async function expectSameRows(restored: Database, original: Database): Promise<void> {
  const tables = await listTables(original);
  expect(tables.length).toBeGreaterThan(10);
  for (const { name } of tables) {
    expect(await readAllRows(restored, name), name).toEqual(await readAllRows(original, name));
  }
}

// The commands of docs/operations/backup-and-restore.md.
describe('backup and restore', () => {
  test('SQLite: a copy made while the recorder writes is whole, and is put in place of the database', async () => {
    const [original, empty] = [await createTestDatabase('SQLite'), await createTestDatabase('SQLite')];
    await fillDatabase(original);
    const store = await original.open();
    const copy = join(empty.options.folder, 'monday.db');

    const stopped = new AbortController();
    const writer = new BatchWriter(store);
    let written = 0;
    const write = async (): Promise<void> => {
      for (; !stopped.signal.aborted; written += 1) {
        await writer.write(itemsOf([accepted(`job-${written}`)]));
        await setImmediate();
      }
    };
    const writes = write();
    const { jobs, bytes } = await backUp(sqliteFile(original.options.folder), copy);
    stopped.abort();
    await writes;
    expect(jobs).toBeGreaterThanOrEqual(1_200);
    expect(bytes).toBeGreaterThan(3_000_000);
    await expect(backUp(sqliteFile(original.options.folder), copy)).rejects.toThrow('expected a new file');
    expect(await readdir(empty.options.folder)).toEqual(['monday.db']);

    await copyFile(copy, sqliteFile(empty.options.folder));
    const restored = await empty.open();
    for (let index = 0; index < jobs - 1_200; index += 1) {
      expect(await findJob(restored.db, `job-${index}`)).toMatchObject({ state: 'queued' });
    }
    const late = await store.db.deleteFrom('jobs').where('id', 'like', 'job-%').executeTakeFirst();
    expect(late.numDeletedRows).toBe(BigInt(written));
    await restored.db.deleteFrom('jobs').where('id', 'like', 'job-%').execute();
    for (const db of [store.db, restored.db]) await db.deleteFrom('job_counts').execute();
    await expectSameRows(restored.db, store.db);
    await store.db.destroy();
    await restored.db.destroy();
    await Promise.all([original.remove(), empty.remove()]);
  });

  test('PostgreSQL: pg_dump, and pg_restore into an empty database', async () => {
    const [original, empty] = [
      await createTestDatabase('PostgreSQL'),
      await createTestDatabase('PostgreSQL'),
    ];
    await fillDatabase(original);
    const programs = await findBinaries();
    const dump = join(original.options.folder, 'monday.dump');
    const [from = '', to = ''] = [original.options.url, empty.options.url];
    await run(join(programs, 'pg_dump'), ['--format=custom', `--file=${dump}`, from]);
    await run(join(programs, 'pg_restore'), [
      '--exit-on-error',
      '--no-owner',
      '--single-transaction',
      `--dbname=${to}`,
      dump,
    ]);

    const [store, restored] = [await original.open(), await empty.open()];
    await expectSameRows(restored.db, store.db);
    await store.db.destroy();
    await restored.db.destroy();
    await Promise.all([original.remove(), empty.remove()]);
  });
});
