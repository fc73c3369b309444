import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath } from '../setup/find-on-path.mjs';

/**
 * A RabbitMQ release on this machine that can be run as oneself, without the distribution's own service.
 *
 * @typedef {object} Installation
 * @property {string} home the release's folder, with `sbin` and `plugins`, as seen inside `root`
 * @property {string} root '' or the folder of another system that the release lives in and is run under chroot
 */

/** @returns {Installation | undefined} the newest release below this root */
export function findRabbitmq(root = '') {
  const homes = [...releasesIn(root, '/usr/lib/rabbitmq/lib'), '/opt/rabbitmq'];
  if (root === '') {
    homes.push('/opt/homebrew/opt/rabbitmq', '/usr/local/opt/rabbitmq');
    const onPath = findOnPath('rabbitmq-server');
    if (onPath) homes.push(dirname(dirname(realpathSync(onPath))));
  }
  const home = homes.find((folder) => isRelease(join(root, folder)));
  if (!home || (root === '' && !findOnPath('erl'))) return undefined;
  return { home, root };
}

/** The folder of the Erlang that runs it, as seen inside `root`; it may not be there. */
export function erlangHome({ root }) {
  const erl = root === '' && findOnPath('erl');
  return erl ? dirname(dirname(realpathSync(erl))) : '/usr/lib/erlang';
}

/** The command line that runs something of that installation. */
export function commandOf(installation, command, args) {
  if (installation.root === '') return [command, args];
  return ['chroot', [installation.root, command, ...args]];
}

/** A path as the installation's own processes see it. */
export function pathInside(installation, path) {
  if (installation.root === '') return path;
  if (!path.startsWith(`${installation.root}/`)) throw new Error(`${path} is not below ${installation.root}`);
  return path.slice(installation.root.length);
}

function releasesIn(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  const releases = readdirSync(path).filter((name) => name.startsWith('rabbitmq_server-'));
  releases.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return releases.map((name) => join(folder, name));
}

function isRelease(home) {
  return existsSync(join(home, 'sbin', 'rabbitmq-server')) && existsSync(join(home, 'plugins'));
}
