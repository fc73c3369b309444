import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestVhost } from '../../../test/support/broker.ts';
import type { TestDatabase } from './open-test-store.ts';

/** A recorder in a process of its own, as it was built; resolves once it has started. */
export async function spawnRecorder(vhost: TestVhost, database: TestDatabase): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const { url, folder } = database.options;
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      AMQP_URL: vhost.url,
      HEDDLE_DATA: folder,
      HEDDLE_OPS_PORT: '0',
      ...(url !== undefined && { DATABASE_URL: url }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('"started"')) break;
  return child;
}
