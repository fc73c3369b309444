/**
 * Owns one PostgreSQL server for as long as its standard input is open. Argument: the folder of the binaries.
 * Writes the server's URL in one line once it takes connections.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findFreePorts } from '../broker/find-free-port.mjs';
import { runCommand } from '../setup/run-command.mjs';

const START_MS = 30_000;
const binaries = process.argv[2];

/** PostgreSQL refuses to run as root: any other user will do, and below the system's temporary folder all can read. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const folder = mkdtempSync(join(tmpdir(), 'heddle-postgres-'));
if (user.uid) chownSync(folder, user.uid, user.gid);
const data = join(folder, 'data');
const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: folder };
let server;

process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void leave());
process.stdin.on('end', () => void leave()).resume();
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

try {
  const initdb = ['-D', data, '-U', 'heddle', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  await runCommand(join(binaries, 'initdb'), initdb, { ...user, env, cwd: folder });
  const [port] = await findFreePorts(1);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    max_connections: 200,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  server = spawn(join(binaries, 'postgres'), ['-D', data, ...flags], {
    ...user,
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  server.stderr.on('data', (chunk) => (log = (log + chunk).slice(-4_000)));
  const deadline = Date.now() + START_MS;
  while (!log.includes('ready to accept connections')) {
    if (server.exitCode !== null || Date.now() > deadline)
      throw new Error(`PostgreSQL did not start\n${log}`);
    await pause(20);
  }
  process.stdout.write(`postgres://heddle@127.0.0.1:${port}/postgres\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n${error.output ?? ''}\n`);
  server?.kill('SIGKILL');
  process.exit(1);
}

async function leave() {
  if (server && server.exitCode === null) {
    const gone = once(server, 'exit');
    // SIGINT is PostgreSQL's fast shutdown: it ends the sessions.
    server.kill('SIGINT');
    const tooLate = setTimeout(() => server.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(tooLate);
  }
  process.exit(0);
}
