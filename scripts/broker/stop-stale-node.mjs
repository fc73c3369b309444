import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isOurProcess, readRecord, removeRecord } from './node-record.mjs';

const STOP_MS = 20_000;
/** What a keeper without an owner may take: its clients drain, then its node stops. */
const KEEPER_ENDS_MS = 60_000;

/**
 * Stops the node that an earlier keeper left in this folder because it was itself killed with -9. A keeper whose owner was killed is
 * waited for: it is about to end by itself.
 */
export async function stopStaleNode(folder) {
  const stale = readRecord(folder);
  if (!stale) return;
  if (stale.ownerPid && !isOurProcess(stale.ownerPid, '')) {
    for (const deadline = Date.now() + KEEPER_ENDS_MS; isKept(stale) && Date.now() < deadline; )
      await pause(100);
  }
  if (isKept(stale)) {
    throw new Error(
      `a run that goes on uses ${folder} (process ${stale.keeperPid}): stop it, or set HEDDLE_DATA to another folder`,
    );
  }
  if (isOurProcess(stale.nodePid, stale.nodename)) await stopProcess(stale.nodePid);
  if (isOurProcess(stale.epmdPid, String(stale.epmdPort))) await stopProcess(stale.epmdPid);
  removeRecord(folder);
}

/** Stops what killed runs left behind in the throw-away folders below this one, and removes those folders. */
export async function sweepStaleNodes(parent) {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    const stale = readRecord(folder);
    // One that has a keeper is in use, or its keeper is about to remove it.
    if (!stale || isKept(stale)) continue;
    await stopStaleNode(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

function isKept({ keeperPid }) {
  return isOurProcess(keeperPid, 'keep-node.mjs');
}

/** SIGTERM, then SIGKILL; resolves when the process, which is not a child of ours, is gone. */
async function stopProcess(pid) {
  const deadline = Date.now() + STOP_MS;
  for (let signal = 'SIGTERM'; send(pid, signal); signal = Date.now() > deadline ? 'SIGKILL' : 0) {
    await pause(50);
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
