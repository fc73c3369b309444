import { findRabbitmq } from '../broker/find-rabbitmq.mjs';
import { findCompose } from '../compose/find-compose.mjs';
import { binariesFolder } from '../postgres/start-postgres.mjs';
import { findPrometheus } from '../prometheus/find-prometheus.mjs';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installPackage } from '../setup/install-package.mjs';
import { reportWhenDone } from '../setup/report-step.mjs';

/** What tests run that npm does not bring: servers, and curl for the README's lines. */
const PROGRAMS = [
  {
    what: 'RabbitMQ',
    // Whoever sets `AMQP_URL` brings a broker.
    isThere: () => Boolean(process.env.AMQP_URL) || findRabbitmq() !== undefined,
    install: () => installPackage('rabbitmq'),
  },
  {
    what: 'PostgreSQL',
    isThere: () => binariesFolder() !== undefined,
    install: () => installPackage('postgresql'),
  },
  { what: 'curl', isThere: () => findOnPath('curl') !== undefined, install: () => installPackage('curl') },
  { what: 'Prometheus', isThere: () => findOnPath('promtool') !== undefined, install: findPrometheus },
  { what: 'Compose', isThere: () => findOnPath('docker-compose') !== undefined, install: findCompose },
];

/**
 * Installs what is not there, where that is allowed, so that no test's own time is spent on it. Never rejects: where something
 * cannot be had, what needs it says so.
 */
export async function installPrograms() {
  if (!canInstall()) return;
  const missing = PROGRAMS.filter(({ isThere }) => !isThere());
  for (const { what, install } of missing) {
    await reportWhenDone(`installing ${what}`, install).catch(() => {});
  }
}
