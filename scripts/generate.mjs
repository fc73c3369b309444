/**
 * Writes the documents that come out of the topology table. With `--check` it writes nothing, names the stale ones
 * and exits 1. It runs the sources themselves, so that a stale build cannot make a stale document.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./generate/main.ts', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--conditions=heddle-src', main, ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: fileURLToPath(new URL('..', import.meta.url)) },
);
process.exit(status ?? 1);
