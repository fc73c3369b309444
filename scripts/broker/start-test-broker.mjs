import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';
import { findRabbitmq } from './find-rabbitmq.mjs';
import { startBroker } from './start-broker.mjs';
import { sweepStaleNodes } from './stop-stale-node.mjs';

/** Throw-away nodes live here, one folder each. */
const THROW_AWAY_FOLDER = fileURLToPath(new URL('../../.heddle/nodes', import.meta.url));
let started = 0;

/**
 * A fresh node that leaves nothing behind.
 * @param {import('./find-rabbitmq.mjs').Installation} [installation] default: the one of this system
 * @param {{ ca: string, cert: string, key: string }} [tlsFiles] PEM files of a listener of `amqps`
 * @param {readonly string[]} [settings] more lines of `rabbitmq.conf`
 */
export async function startTestBroker(installation = findRabbitmq(), tlsFiles, settings) {
  const parent = installation?.root ? join(installation.root, 'heddle-nodes') : THROW_AWAY_FOLDER;
  await sweepStaleNodes(parent);
  if (!installation && canInstall()) {
    await installPackage('rabbitmq');
    installation = findRabbitmq();
  }
  if (!installation) throw new Error(`RabbitMQ is not installed here: ${installLine('rabbitmq')}`);
  started += 1;
  return startBroker({
    folder: join(parent, `${process.pid}-${started}`),
    installation,
    throwAway: true,
    tlsFiles,
    settings,
  });
}
