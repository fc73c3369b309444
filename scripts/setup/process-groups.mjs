import { spawn } from 'node:child_process';

const running = new Set();

/**
 * Spawns a command as the first of a process group of its own, so that `killGroups` ends it with all that it has started: linters and
 * test runners leave their own processes behind.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {import('node:child_process').ChildProcess}
 */
export function spawnGroup(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends at once what `spawnGroup` has started and what has not ended yet. */
export function killGroups() {
  for (const { pid } of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}
