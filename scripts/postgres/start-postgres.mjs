import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';

/**
 * Starts a private PostgreSQL server for tests: a fresh data folder, loopback only, no durability. It ends with this process,
 * however this process ends, and leaves nothing behind.
 * @returns {Promise<{url: string, stop: () => Promise<void>}>} `url` names the database `postgres`, as superuser
 */
export async function startPostgres() {
  const keeper = spawn(
    process.execPath,
    [fileURLToPath(new URL('keep-postgres.mjs', import.meta.url)), await findBinaries()],
    { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
  );
  keeper.stdin.on('error', () => {});
  const gone = once(keeper, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: keeper.stdout }), 'line'),
    gone.then(() => {
      throw new Error('PostgreSQL did not start');
    }),
  ]);
  return {
    url: line,
    stop: async () => {
      keeper.stdin.end();
      await gone;
    },
  };
}

/** The folder with `initdb`, `postgres` and `pg_dump`; installs them where that is allowed. */
export async function findBinaries() {
  let folder = binariesFolder();
  if (!folder && canInstall()) {
    await installPackage('postgresql');
    folder = binariesFolder();
  }
  if (!folder) throw new Error(`PostgreSQL is not installed here: ${installLine('postgresql')}`);
  return folder;
}

/** Where they are, or undefined where they are missing. */
export function binariesFolder() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), '/usr/pgsql/bin'];
  const onPath = findOnPath('initdb');
  if (onPath) folders.push(join(onPath, '..'));
  return folders.find((folder) => existsSync(join(folder, 'initdb')));
}
