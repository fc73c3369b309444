import { SimpleQueue } from '@heddle/sync';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { openChannel, openConnection } from '../queues/open-channel.ts';
import { declareReferenceQueue, openSyncSession, removeSyncObject } from '../queues/sync-object.ts';

const ITEMS = 20_000;
/** Puts that wait for their confirms at any time, in both. */
const WINDOW = 500;
/** Items that are taken and not done at any time, in both. */
const TAKERS = 64;
const QUEUE = 'bench.items';
const ITEM = { id: 1, name: 'item' };

/** Items that are put, confirmed, got and done with. */
export const syncQueue: Benchmark = {
  name: 'sync-queue',
  about: 'SimpleQueue: put and get, against bare publishing with confirms and consuming with acks',
  warmUp: true,
  prepare: async (session) => {
    const items = Math.max(200, Math.round(ITEMS * session.scale));
    const ours = await openQueues(session);
    const reference = await openReference(session);
    return [
      {
        kind: 'comparison',
        name: 'put and get',
        unit: 'items/s',
        target: 0.7,
        ours: () => ratePerSecond(items, () => ours(items)),
        reference: () => ratePerSecond(items, () => reference(items)),
      },
    ];
  },
};

async function openQueues(session: BenchSession): Promise<(items: number) => Promise<void>> {
  removeSyncObject(session, 'queue.bench-items');
  const [putting, taking] = [
    await openSyncSession(session, 'bench-put'),
    await openSyncSession(session, 'bench-get'),
  ];
  const queue = new SimpleQueue(putting, 'bench-items');
  const takers = Array.from({ length: TAKERS }, () => new SimpleQueue(taking, 'bench-items'));
  return async (items) => {
    let left = items;
    const taken = takers.map(async (taker) => {
      while (left > 0) {
        left -= 1;
        await taker.get();
      }
      await taker.close();
    });
    await Promise.all([keepInFlight(items, WINDOW, () => queue.put(ITEM)), ...taken]);
  };
}

async function openReference(session: BenchSession): Promise<(items: number) => Promise<void>> {
  await declareReferenceQueue(session, QUEUE);
  const publishing = await openChannel(session.amqpUrl, session.cleanUp);
  const connection = await openConnection(session.amqpUrl, session.cleanUp);
  const publish = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(JSON.stringify(ITEM));
      publishing.sendToQueue(QUEUE, body, { persistent: true }, (error: Error | null) => {
        if (error) reject(error);
        else resolve();
      });
    });
  return async (items) => {
    const channel = await connection.createChannel();
    await channel.prefetch(TAKERS);
    let left = items;
    const taken = new Promise<void>((resolve, reject) => {
      const consuming = channel.consume(QUEUE, (message) => {
        if (!message) return;
        JSON.parse(message.content.toString());
        channel.ack(message);
        left -= 1;
        if (left === 0) resolve();
      });
      consuming.catch(reject);
    });
    await Promise.all([keepInFlight(items, WINDOW, publish), taken]);
    await channel.close();
  };
}
