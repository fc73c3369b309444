import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';

/**
 * Where Prometheus' two programs are; installs them where that is allowed. Debian has both in one package.
 * @returns {Promise<{prometheus: string, promtool: string}>}
 */
export async function findPrometheus() {
  if (!isInstalled() && canInstall()) await installPackage('prometheus');
  if (!isInstalled()) throw new Error(`Prometheus is not installed here: ${installLine('prometheus')}`);
  return { prometheus: find('prometheus'), promtool: find('promtool') };
}

function isInstalled() {
  return find('prometheus') !== undefined && find('promtool') !== undefined;
}

function find(name) {
  return findOnPath(name);
}
