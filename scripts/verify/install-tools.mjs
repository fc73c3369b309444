import { findCompose } from '../compose/find-compose.mjs';
import { findPrometheus } from '../prometheus/find-prometheus.mjs';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installPackage } from '../setup/install-package.mjs';
import { reportStep } from '../setup/report-step.mjs';

/** What tests run besides servers: curl for the README's lines, Prometheus and promtool, Compose. */
const TOOLS = [
  { what: 'curl', command: 'curl', find: () => installPackage('curl') },
  { what: 'Prometheus', command: 'promtool', find: findPrometheus },
  { what: 'Compose', command: 'docker-compose', find: findCompose },
];

/** Installs what is not there, where that is allowed, so that no test's own time is spent on it; where it cannot be had, the test says what is missing. */
export async function installTools() {
  if (!canInstall()) return;
  for (const { what, command, find } of TOOLS) {
    // Without it only the tests that need it fail.
    if (!findOnPath(command)) await reportStep(`installing ${what}`, find).catch(() => {});
  }
}
