import { findRabbitmq } from '../broker/find-rabbitmq.mjs';
import { composeCommand } from '../compose/find-compose.mjs';
import { binariesFolder } from '../postgres/start-postgres.mjs';
import { hasPrometheus } from '../prometheus/find-prometheus.mjs';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installPackage } from '../setup/install-package.mjs';
import { reportWhenDone } from '../setup/report-step.mjs';

/** What tests run that npm does not bring: servers, and curl for the README's lines. Whoever sets `AMQP_URL` brings a broker. */
const PROGRAMS = [
  { what: 'RabbitMQ', name: 'rabbitmq', isThere: () => process.env.AMQP_URL || findRabbitmq() },
  { what: 'PostgreSQL', name: 'postgresql', isThere: binariesFolder },
  { what: 'curl', name: 'curl', isThere: () => findOnPath('curl') },
  { what: 'Prometheus', name: 'prometheus', isThere: hasPrometheus },
  { what: 'Compose', name: 'docker-compose', isThere: composeCommand },
];

/**
 * Installs what is not there, where that is allowed, so that no test's own time is spent on it. Never rejects: where something
 * cannot be had, what needs it says so.
 */
export async function installPrograms() {
  if (!canInstall()) return;
  for (const { what, name } of PROGRAMS.filter(({ isThere }) => !isThere())) {
    await reportWhenDone(`installing ${what}`, () => installPackage(name)).catch(() => {});
  }
}
