import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqlite } from './open-sqlite.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-open-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('names the file when it is no database', async () => {
  const file = join(folder, 'recorder.db');
  await writeFile(file, 'certainly no database, '.repeat(100));
  expect(() => openSqlite(file)).toThrow(`${file} cannot be used: file is not a database`);
});
