/** A process that does with locks and queues what its parent tells it, so that it can be killed and frozen. */
import { BoundedSemaphore, type Lease, Lock, Semaphore, SyncSession } from '@heddle/sync';
import type { Command } from './start-process.ts';

const [url = '', heartbeat = '1'] = process.argv.slice(2);
const session = await SyncSession.connect({ url, heartbeatSeconds: Number(heartbeat) });
const leases = new Map<string, Lease>();

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'acquire': {
      const { kind, name, value = 1, timeout } = command;
      const object =
        kind === 'lock'
          ? new Lock(session, name)
          : new (kind === 'semaphore' ? Semaphore : BoundedSemaphore)(session, name, value);
      const lease = await object.acquire({ timeout });
      if (!lease) return null;
      const id = `${name}/${lease.fence}`;
      leases.set(id, lease);
      lease.signal.addEventListener('abort', () => process.send?.({ lost: id }));
      return { id, fence: lease.fence };
    }
    case 'release':
      await leases.get(command.id)?.release();
      return null;
  }
}

process.on('message', ({ number, command }: { number: number; command: Command }) => {
  run(command).then(
    (value) => process.send?.({ number, value }),
    (error: Error) => process.send?.({ number, error: `${error.name}: ${error.message}` }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
