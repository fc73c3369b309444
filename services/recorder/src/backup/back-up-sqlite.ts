import { existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

/** How long it waits for a recorder that is about to write. */
const BUSY_MS = 10_000;

export interface BackUp {
  readonly jobs: number;
  readonly bytes: number;
}

/**
 * Writes the database as of now, whole and without gaps, into `target`. Whoever has it open goes on: readers and writers do
 * not wait for each other. `target` is there when all of it is on the disk, or not at all. Rejects if it is there already.
 */
export async function backUp(file: string, target: string): Promise<BackUp> {
  if (existsSync(target)) throw new Error(`expected a new file, got one that is there: ${target}`);
  const partial = `${target}.partial`;
  await rm(partial, { force: true });
  try {
    const database = new DatabaseSync(file);
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      database.prepare('VACUUM INTO ?').run(partial);
    } finally {
      database.close();
    }
    const jobs = check(partial);
    await flush(partial);
    await rename(partial, target);
    await flush(dirname(target));
    return { jobs, bytes: (await stat(target)).size };
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Throws if it is damaged, else gives the number of its jobs. */
function check(file: string): number {
  const copy = new DatabaseSync(file, { readOnly: true });
  try {
    const [found] = copy.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
    if (found?.quick_check !== 'ok') throw new Error(`the copy is damaged: ${found?.quick_check}`);
    const { jobs } = copy.prepare('select count(*) as jobs from jobs').get() as { jobs: number };
    return jobs;
  } finally {
    copy.close();
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
