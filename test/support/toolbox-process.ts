/** A process that does with locks, queues and events what its parent asks. */
import { Event, type Lease, Lock, Semaphore, SimpleQueue, SyncSession } from '@heddle/sync';
import { Client } from 'pg';
import { answerParent, tellParent } from './answer-parent.ts';

/** What a process may be asked to do with the object of a name. */
export type Call = { readonly name: string } & (
  | { readonly do: 'acquire' | 'get' | 'wait'; readonly timeout?: number }
  | {
      readonly do: 'tryAcquire' | 'release' | 'acquirePermit' | 'permits' | 'getNowait' | 'size' | 'set';
    }
  | { readonly do: 'put'; readonly item: unknown }
  | { readonly do: 'writeRow'; readonly url: string; readonly fence: number }
);

/** What came of it. Times are the machine's, in microseconds, the same for all processes. */
export interface Done<T> {
  readonly value?: T;
  /** The error's name. */
  readonly error?: string;
  readonly began: number;
  readonly ended: number;
}

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
  lease.signal.addEventListener('abort', () => tellParent(lease.fence));
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
    case 'size':
      return await queue().qsize();
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

answerParent<Call>(async (call): Promise<Done<unknown>> => {
  const began = now();
  const done = await run(call).then(
    (value) => ({ value }),
    (error: Error) => ({ error: error.name }),
  );
  return { ...done, began, ended: now() };
});
