import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findRabbitmq } from '../broker/find-rabbitmq.mjs';
import { findOnPath } from '../setup/find-on-path.mjs';
import { canInstall, installLine, installPackage } from '../setup/install-package.mjs';
import { reportStep } from '../setup/report-step.mjs';
import { runCommand } from '../setup/run-command.mjs';

const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };

/**
 * A folder with a small Debian unstable in it, and that Debian's RabbitMQ. Made once (500 MB, a minute), used again after that.
 * @returns {Promise<import('../broker/find-rabbitmq.mjs').Installation>}
 */
export async function prepareUnstable(folder) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('the newest RabbitMQ runs under chroot here, which needs Linux and root');
  }
  const ready = findRabbitmq(folder);
  if (ready) return ready;
  if (!findOnPath('debootstrap')) {
    if (!canInstall()) throw new Error(`debootstrap is not installed here: ${installLine('debootstrap')}`);
    await reportStep('installing debootstrap', () => installPackage('debootstrap'));
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await reportStep('Debian unstable in a folder of its own', () =>
    runCommand('debootstrap', ['--variant=minbase', 'unstable', folder], { env: ENV }),
  );
  // Nothing may be started while packages are installed: the ports belong to the system around it.
  writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1 localhost\n');
  await reportStep('its RabbitMQ', () => {
    const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'rabbitmq-server'];
    return runCommand('chroot', [folder, ...install], { env: ENV });
  });
  const installation = findRabbitmq(folder);
  if (!installation) throw new Error(`no RabbitMQ release was found below ${folder}`);
  return installation;
}
