import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What is written beside a node that we run, so that a later run can tell it from anybody else's.
 *
 * @typedef {object} NodeRecord
 * @property {string} url of AMQP
 * @property {string} nodename
 * @property {number} port of AMQP
 * @property {number} distPort of Erlang's distribution
 * @property {number} epmdPort
 * @property {string} home the folder with the Erlang cookie, as the node sees it
 * @property {import('./find-rabbitmq.mjs').Installation} installation
 * @property {string} folder of everything the node writes
 * @property {{ port: number, files: { ca: string, cert: string, key: string } }} [tls] a second listener, with the paths of its PEM files
 * @property {readonly string[]} [settings] more lines of `rabbitmq.conf`
 * @property {number} [nodePid]
 * @property {number} [epmdPid]
 * @property {number} keeperPid
 * @property {number} ownerPid the process that the keeper works for: without it, it is about to end
 */

const recordPath = (folder) => join(folder, 'node.json');

/** @returns {NodeRecord | undefined} */
export function readRecord(folder) {
  if (!existsSync(recordPath(folder))) return undefined;
  try {
    return JSON.parse(readFileSync(recordPath(folder), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {NodeRecord} record */
export function writeRecord(folder, record) {
  const draft = `${recordPath(folder)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(draft, recordPath(folder));
}

export function removeRecord(folder) {
  rmSync(recordPath(folder), { force: true });
}

/**
 * Whether this pid is alive and its command line holds the text: pids are used again, command lines of ours are not. A process that
 * has ended, and that nobody has asked about yet, has an empty one.
 */
export function isOurProcess(pid, text) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    const line = commandLine(pid);
    return line !== '' && line.includes(text);
  } catch {
    return false;
  }
}

function commandLine(pid) {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync(file)) return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  return execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
}
