/** A process that does with locks, queues and events what its parent tells it, so that it can be killed and frozen. */
import { Event, type Lease, Lock, Semaphore, SimpleQueue, SyncSession } from '@heddle/sync';
import { Client } from 'pg';
import type { Call, Done } from './toolbox-processes.ts';

const [url = '', heartbeat = '5'] = process.argv.slice(2);
const session = await SyncSession.connect({ url, heartbeatSeconds: Number(heartbeat) });
const leases = new Map<string, Lease>();
const made = new Map<string, unknown>();

/** The clock of the machine, the same for all processes; microseconds. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

function once<T>(key: string, make: () => T): T {
  if (!made.has(key)) made.set(key, make());
  return made.get(key) as T;
}

async function acquire(key: string, lease: Lease | undefined): Promise<number | null> {
  if (!lease) return null;
  leases.set(key, lease);
  lease.signal.addEventListener('abort', () => process.send?.({ lost: lease.fence }));
  return await Promise.resolve(lease.fence);
}

async function run({ name, ...call }: Call): Promise<unknown> {
  const lock = () => once(`lock ${name}`, () => new Lock(session, name));
  const semaphore = () => once(`semaphore ${name}`, () => new Semaphore(session, name, 2));
  const queue = () => once(`queue ${name}`, () => new SimpleQueue(session, name));
  const event = () => once(`event ${name}`, () => new Event(session, name));
  switch (call.do) {
    case 'acquire':
      return await acquire(`lock ${name}`, await lock().acquire({ timeout: call.timeout }));
    case 'tryAcquire':
      return await acquire(`lock ${name}`, await lock().acquire({ blocking: false }));
    case 'release':
      return await leases.get(`lock ${name}`)?.release();
    case 'acquirePermit':
      return await acquire(`semaphore ${name}`, await semaphore().acquire());
    case 'permits':
      return await semaphore().value();
    case 'put':
      return await queue().put(call.item);
    case 'get':
      return await queue().get({ timeout: call.timeout });
    case 'getNowait':
      return await queue().getNowait();
    case 'set':
      return await event().set();
    case 'wait':
      return await event().wait(call.timeout);
    case 'writeRow': {
      const database = new Client({ connectionString: call.url });
      await database.connect();
      const { rowCount } = await database.query(
        'update account set writer = $1, fence = $2 where name = $3 and fence < $2',
        [process.pid, call.fence, name],
      );
      await database.end();
      return rowCount;
    }
  }
}

process.on('message', ({ number, call }: { number: number; call: Call }) => {
  const began = now();
  const answer = (done: Pick<Done<unknown>, 'value' | 'error'>) =>
    process.send?.({ number, done: { ...done, began, ended: now() } });
  run(call).then(
    (value) => answer({ value }),
    (error: Error) => answer({ error: error.name }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
