import { join } from 'node:path';
import { LifoQueue, PriorityQueue, Queue } from '@heddle/sync';
import type { Benchmark, BenchSession, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openSyncSession } from '../queues/sync-object.ts';
import { type BareOrder, BareQueue } from './bare-queue.ts';

const ITEMS = 1_000;
/** Puts that wait for room or an answer at any time, and as many gets. */
const AT_ONCE = 32;
const MAXSIZE = 500;
const kinds = { fifo: Queue, lifo: LifoQueue, priority: PriorityQueue } as const;

/** Items that are put into a bounded queue, got by another process's session, and done. */
export const keyedQueues: Benchmark = {
  name: 'keyed-queues',
  about:
    'Queue, LifoQueue and PriorityQueue: put, get and taskDone through the recorder, against transactions of one process on the same kind of database',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, []);
    await startService(session, 'recorder');
    const comparisons: Comparison[] = [];
    for (const order of Object.keys(kinds) as BareOrder[]) comparisons.push(await compare(session, order));
    return comparisons;
  },
};

async function compare(session: BenchSession, order: BareOrder): Promise<Comparison> {
  const items = Math.max(64, Math.round(ITEMS * session.scale));
  const [putting, taking] = [
    await openSyncSession(session, `bench-put-${order}`),
    await openSyncSession(session, `bench-get-${order}`),
  ];
  const open = (of: typeof putting) => new kinds[order]<unknown>(of, `bench-${order}`, { maxsize: MAXSIZE });
  const [to, from] = [open(putting), open(taking)];
  const bare = new BareQueue(join(session.dataFolder, `${order}.sqlite`), order);
  session.cleanUp.add(`close the bare ${order}`, () => Promise.resolve(bare.close()));
  const takeOne = async (): Promise<void> => {
    const item = await from.take();
    await item.done();
  };
  return {
    kind: 'comparison',
    name: `${kinds[order].name}: put, get and done`,
    unit: 'items/s',
    target: undefined,
    ours: () =>
      ratePerSecond(items, () =>
        Promise.all([
          keepInFlight(items, AT_ONCE, (n) => to.put([n % 10, { n }])),
          keepInFlight(items, AT_ONCE, takeOne),
        ]),
      ),
    reference: () => ratePerSecond(items, () => Promise.resolve(bare.passAll(items))),
  };
}
