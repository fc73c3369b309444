import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOnPath } from './find-on-path.mjs';
import { runCommand } from './run-command.mjs';

/** Package managers in the order they are looked for; `names` has the packages that are called otherwise there. */
const MANAGERS = [
  {
    command: 'apt-get',
    refresh: ['update', '-qq'],
    install: ['install', '-y', '-qq', '--no-install-recommends'],
    names: { rabbitmq: 'rabbitmq-server' },
  },
  {
    command: 'dnf',
    install: ['install', '-y', '-q'],
    names: { rabbitmq: 'rabbitmq-server', postgresql: 'postgresql-server' },
  },
  {
    command: 'apk',
    install: ['add', '--no-cache'],
    names: { rabbitmq: 'rabbitmq-server', 'docker-compose': 'docker-cli-compose' },
  },
  { command: 'brew', install: ['install'], asUser: true, names: { postgresql: 'postgresql@15' } },
];

/** @typedef {'rabbitmq' | 'postgresql' | 'debootstrap' | 'curl' | 'prometheus' | 'docker-compose'} PackageName */

/** The line a person types to install it here. @param {PackageName} name */
export function installLine(name) {
  const manager = findManager();
  if (!manager) return `install ${name} with your system's package manager`;
  const sudo = manager.asUser || process.getuid?.() === 0 ? '' : 'sudo ';
  const refresh = manager.refresh ? `${sudo}${manager.command} ${manager.refresh[0]} && ` : '';
  const yes = manager.install.includes('-y') ? ' -y' : '';
  return `${refresh}${sudo}${manager.command} ${manager.install[0]}${yes} ${packageIn(manager, name)}`;
}

/** Whether `installPackage` may be tried: a known package manager, and the right to use it. */
export function canInstall() {
  const manager = findManager();
  return manager !== undefined && !manager.asUser && process.getuid?.() === 0;
}

/** Installations of this process, one after the other. */
let last = Promise.resolve();
/** Whether this process has asked for the newest list of packages: once is enough. */
let isRefreshed = false;

/**
 * Installs a package with the system's own manager; as root only. Several may be asked for at once, by several processes:
 * each waits for its turn, because package managers refuse to run twice.
 * @param {PackageName} name
 */
export function installPackage(name) {
  const mine = last.then(() => install(name));
  last = mine.catch(() => {});
  return mine;
}

async function install(name) {
  const manager = findManager();
  if (!manager) throw new Error(`no package manager is known for this system: ${installLine(name)}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const inTurn = findOnPath('flock') ? ['flock', join(tmpdir(), 'heddle-packages.lock')] : [];
  const run = (args) => {
    const [command, ...rest] = [...inTurn, manager.command, ...args];
    return runCommand(command, rest, { env });
  };
  if (manager.refresh && !isRefreshed) await run(manager.refresh);
  isRefreshed = true;
  await run([...manager.install, packageIn(manager, name)]);
}

function findManager() {
  return MANAGERS.find((manager) => findOnPath(manager.command));
}

function packageIn(manager, name) {
  return manager.names[name] ?? name;
}
