/** A process that does with locks and queues what its parent tells it, so that it can be killed and frozen. */
import { BoundedSemaphore, type Lease, Lock, Semaphore, SyncSession } from '@heddle/sync';
import { answerParent, tellParent } from '../../../test/support/answer-parent.ts';

export type Command =
  | {
      readonly do: 'acquire';
      readonly kind: 'lock' | 'semaphore' | 'bounded-semaphore';
      readonly name: string;
      readonly value?: number;
      readonly timeout?: number;
    }
  | { readonly do: 'release'; readonly id: string };

/** A lease in that process. */
export interface RemoteLease {
  readonly id: string;
  readonly fence: number;
}

const [url = '', heartbeat = '1'] = process.argv.slice(2);
const session = await SyncSession.connect({ url, heartbeatSeconds: Number(heartbeat) });
const leases = new Map<string, Lease>();

answerParent<Command>(async (command) => {
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
      lease.signal.addEventListener('abort', () => tellParent(id));
      return { id, fence: lease.fence };
    }
    case 'release':
      return await leases.get(command.id)?.release();
  }
});
