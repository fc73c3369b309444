import { setTimeout as pause } from 'node:timers/promises';
import { findOnPath } from '../setup/find-on-path.mjs';
import { CommandError, runCommand } from '../setup/run-command.mjs';
import { findFreePorts } from './find-free-port.mjs';
import { speaksAmqp } from './probe-port.mjs';

const IMAGE = 'rabbitmq:4.1';
const LABEL = 'heddle.folder';
const START_MS = 120_000;

/** Whether containers can be run here and now. */
export async function hasDocker() {
  if (!findOnPath('docker')) return false;
  try {
    await runCommand('docker', ['info'], { timeout: 5_000 });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** RabbitMQ in a container, for one folder's stack; what a killed run left behind is replaced. */
export async function startContainer(folder) {
  const label = `${LABEL}=${folder}`;
  const stale = await runCommand('docker', ['ps', '--quiet', '--filter', `label=${label}`]);
  for (const id of stale.split('\n').filter(Boolean)) await runCommand('docker', ['stop', id]);
  const [port] = await findFreePorts(1);
  const publish = `127.0.0.1:${port}:5672`;
  const run = ['run', '--detach', '--rm', '--quiet', '--label', label, '--publish', publish, IMAGE];
  const id = (await runCommand('docker', run)).trim().split('\n').at(-1) ?? '';
  const stop = async () => void (await runCommand('docker', ['stop', id]));
  const deadline = Date.now() + START_MS;
  while (!(await speaksAmqp(port))) {
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`the container of ${IMAGE} did not answer within ${START_MS / 1000} s`);
    }
    await pause(250);
  }
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, stop };
}
