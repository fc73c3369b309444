/**
 * The keeper: a process of its own that owns one RabbitMQ node for as long as its standard input is open. Whoever started it
 * may be killed in any way: the pipe then closes, and the node is stopped once its clients have drained and gone.
 *
 * Reads a command a line (`start`, `stop`, `kill`, `leave`), writes a JSON line for each thing that happens:
 * `{"event": "up", "record": …}`, `down`, `died` (nobody asked for it), `failed` with a message.
 */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { spawnNode, spawnPortMapper, waitUntilUp } from './boot-node.mjs';
import { evaluate } from './evaluate.mjs';
import { findFreePorts } from './find-free-port.mjs';
import { pathInside } from './find-rabbitmq.mjs';
import { linkRelease } from './link-release.mjs';
import { removeRecord, writeRecord } from './node-record.mjs';
import { rememberModules } from './preload-modules.mjs';
import { stopStaleNode } from './stop-stale-node.mjs';

const STOP_MS = 20_000;
const BOOT_TRIES = 3;
/** As long as the services' own drain at its default. */
const CLIENTS_MS = 30_000;
const CLIENTS_CHECK_MS = 200;

const { folder, installation, throwAway, nodename, tlsFiles, settings } = JSON.parse(process.argv[2]);
/** Whoever started this process; it may be gone later on. */
const ownerPid = process.ppid;
let record;
let portMapper;
let node;
/** Once clients know the ports, another boot must keep them. */
let wasUp = false;
let stopping = false;
let leaving = false;

const say = (event, more = {}) => process.stdout.write(`${JSON.stringify({ event, ...more })}\n`);
// Whoever reads this may be gone; the pipe on the other side says so.
process.stdout.on('error', () => {});

async function start() {
  for (let tries = 1; !node; tries++) {
    record ??= await newRecord();
    try {
      await boot();
    } catch (error) {
      if (wasUp || tries === BOOT_TRIES) throw error;
      // The ports were free when they were chosen; a neighbour may have been faster.
      record = undefined;
      portMapper?.kill('SIGKILL');
      portMapper = undefined;
    }
  }
  say('up', { record });
}

async function boot() {
  portMapper ??= spawnPortMapper(folder, record);
  const home = linkRelease(installation, dirname(folder));
  const booting = spawnNode(folder, record, home);
  node = booting;
  record = { ...record, nodePid: booting.pid, epmdPid: portMapper.pid };
  writeRecord(folder, record);
  let up = false;
  booting.once('exit', (code, signal) => {
    node = undefined;
    if (up && !stopping) say('died', { reason: signal ?? `code ${code}` });
  });
  try {
    await waitUntilUp(folder, booting, record);
    up = true;
    wasUp = true;
    // Without the list the next boot takes a little longer.
    void rememberModules(record, home).catch(() => {});
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

async function newRecord() {
  const [port, distPort, epmdPort, tlsPort] = await findFreePorts(4);
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    nodename,
    port,
    distPort,
    epmdPort,
    home: pathInside(installation, join(folder, 'home')),
    installation,
    folder,
    ...(tlsFiles && { tls: { port: tlsPort, files: tlsFiles } }),
    ...(settings && { settings }),
    keeperPid: process.pid,
    ownerPid,
  };
}

async function end(signal) {
  const ending = node;
  if (!ending) return;
  stopping = true;
  const gone = once(ending, 'exit');
  ending.kill(signal);
  const tooLate = setTimeout(() => ending.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(tooLate);
  stopping = false;
}

async function stop(signal) {
  await end(signal);
  say('down');
}

/** Services that were started beside us have also lost whoever started them, and need the node to finish what they do. */
async function waitForClients() {
  for (const deadline = Date.now() + CLIENTS_MS; Date.now() < deadline; await pause(CLIENTS_CHECK_MS)) {
    const connections = await evaluate(record, 'length(rabbit_networking:connections())');
    if (connections === '0') return;
  }
}

async function leaveUnasked() {
  if (leaving) return;
  // A node that is down has no clients.
  await waitForClients().catch(() => {});
  await leave();
}

async function leave() {
  leaving = true;
  await end('SIGTERM');
  portMapper?.kill('SIGKILL');
  if (throwAway) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  else removeRecord(folder);
  process.exit(0);
}

// One command after the other; the end of the pipe waits for the command before it.
let last = Promise.resolve();
const inTurn = (work) => {
  last = last.then(work).catch((error) => say('failed', { message: error.message }));
};
process.on('SIGINT', () => {});
process.on('SIGTERM', () => inTurn(leave));
process.on('SIGHUP', () => {});

try {
  mkdirSync(join(folder, 'home'), { recursive: true, mode: 0o700 });
  await stopStaleNode(folder);
} catch (error) {
  say('failed', { message: error.message });
  process.exit(1);
}
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'start') inTurn(start);
    else if (line === 'stop') inTurn(() => stop('SIGTERM'));
    else if (line === 'leave') inTurn(leave);
    else if (line === 'kill') inTurn(() => stop('SIGKILL'));
  })
  .on('close', () => inTurn(leaveUnasked));
