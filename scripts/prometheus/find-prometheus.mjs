import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';

/**
 * Where Prometheus' two programs are; installs them where that is allowed. Debian has both in one package.
 * @returns {Promise<{prometheus: string, promtool: string}>}
 */
export async function findPrometheus() {
  if (!hasPrometheus() && canInstall()) await installPackage('prometheus');
  if (!hasPrometheus()) throw new Error(`Prometheus is not installed here: ${installLine('prometheus')}`);
  return { prometheus: findOnPath('prometheus'), promtool: findOnPath('promtool') };
}

/** Whether both are there. */
export function hasPrometheus() {
  return findOnPath('prometheus') !== undefined && findOnPath('promtool') !== undefined;
}
