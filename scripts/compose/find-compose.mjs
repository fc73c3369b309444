import { spawnSync } from 'node:child_process';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';

/**
 * Compose, as the words to put before its arguments: Docker's own, or the program of its own that Debian has, which is
 * installed where that is allowed. Reading a file needs no engine.
 * @returns {Promise<string[]>}
 */
export async function findCompose() {
  const found = composeCommand();
  if (found) return found;
  if (canInstall()) await installPackage('docker-compose');
  const installed = composeCommand();
  if (!installed) throw new Error(`Compose is not installed here: ${installLine('docker-compose')}`);
  return installed;
}

/** The same, or undefined where it is missing. @returns {string[] | undefined} */
export function composeCommand() {
  if (spawnSync('docker', ['compose', 'version']).status === 0) return ['docker', 'compose'];
  const program = findOnPath('docker-compose');
  return program ? [program] : undefined;
}
