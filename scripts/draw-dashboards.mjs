/**
 * Draws the pictures of the dashboards in `docs/pictures`: runs the whole stack under an uneven load for some minutes, scraped by
 * a real Prometheus, asks it what the panels ask, and draws the answers. `--seconds N` (default 240) says for how long.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./pictures/main.ts', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', '--conditions=heddle-src', main, ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: fileURLToPath(new URL('..', import.meta.url)) },
);
process.exit(status ?? 1);
