import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import sharp from 'sharp';

/** What the figures depend on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly rabbitmq: string;
  readonly amqplib: string;
  readonly sharp: string;
}

/** `rabbitmq`: the version that the broker told when it was connected to. */
export function describeMachine(rabbitmq: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    system: `${platform()} ${release()}`,
    node: process.version,
    rabbitmq,
    amqplib: installedVersion('amqplib'),
    sharp: sharp.versions.sharp,
  };
}

function installedVersion(name: string): string {
  const file = new URL(`../../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
