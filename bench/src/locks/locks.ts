import { Lock } from '@heddle/sync';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { ratePerSecond } from '../harness/keep-in-flight.ts';
import { median } from '../harness/median.ts';
import { openConnection } from '../queues/open-channel.ts';
import { declareReferenceQueue, openSyncSession, removeSyncObject } from '../queues/sync-object.ts';

const HAND_OVERS = 1_000;
const ACQUIRES = 400;
/** Who contend for the one lock, each on a connection of its own. */
const CONTENDERS = 8;
const TOKEN_QUEUE = 'bench.token';

/** Hand-overs of one lock between many, and how long it takes to get one that is free. */
export const locks: Benchmark = {
  name: 'locks',
  about:
    'Lock: hand-overs between eight connections, against a bare token in a quorum queue; uncontended acquire',
  warmUp: true,
  prepare: async (session) => {
    const handOvers = Math.max(100, Math.round(HAND_OVERS * session.scale));
    const acquires = Math.max(20, Math.round(ACQUIRES * session.scale));
    const contended = await openLocks(session, 'bench-contended', CONTENDERS);
    const [free] = await openLocks(session, 'bench-free', 1);
    const passOn = await openTokenQueue(session);
    return [
      {
        kind: 'comparison',
        name: 'hand-overs',
        unit: 'hand-overs/s',
        target: 0.8,
        ours: () => ratePerSecond(handOvers, () => contend(contended, handOvers)),
        reference: () => ratePerSecond(handOvers, () => passOn(handOvers)),
      },
      {
        kind: 'limit',
        name: 'uncontended acquire, median',
        unit: 'ms',
        limit: 3,
        ours: () => acquireAgain(free as Lock, acquires),
      },
    ];
  },
};

async function openLocks(session: BenchSession, name: string, count: number): Promise<Lock[]> {
  removeSyncObject(session, `lock.${name}`);
  const sessions = await Promise.all(
    Array.from({ length: count }, (_, index) => openSyncSession(session, `${name}-${index}`)),
  );
  return sessions.map((one) => new Lock(one, name));
}

async function contend(all: readonly Lock[], handOvers: number): Promise<void> {
  let left = handOvers;
  await Promise.all(
    all.map(async (lock) => {
      while (left > 0) {
        const lease = await lock.acquire();
        left -= 1;
        await lease.release();
      }
    }),
  );
}

async function acquireAgain(lock: Lock, acquires: number): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < acquires; n += 1) {
    const began = performance.now();
    const lease = await lock.acquire();
    took.push(performance.now() - began);
    await lease.release();
  }
  return median(took);
}

/** The least that a lock of one's own needs: a token, and consumers that give it back, cancelling first, and stand in line again. */
async function openTokenQueue(session: BenchSession): Promise<(handOvers: number) => Promise<void>> {
  await declareReferenceQueue(session, TOKEN_QUEUE);
  const channels = await Promise.all(
    Array.from({ length: CONTENDERS }, async () => {
      const channel = await (await openConnection(session.amqpUrl, session.cleanUp)).createChannel();
      await channel.prefetch(1);
      return channel;
    }),
  );
  channels[0]?.sendToQueue(TOKEN_QUEUE, Buffer.from('token'), { persistent: true });
  return async (handOvers) => {
    let left = handOvers;
    await Promise.all(
      channels.map(async (channel, index) => {
        for (let turn = 0; left > 0; turn += 1) {
          await passOnce(channel, `${index}-${turn}`);
          left -= 1;
        }
      }),
    );
  };
}

async function passOnce(channel: Channel, consumerTag: string): Promise<void> {
  let got: (message: ConsumeMessage) => void = () => {};
  const token = new Promise<ConsumeMessage>((resolve) => {
    got = resolve;
  });
  await channel.consume(TOKEN_QUEUE, (message) => message && got(message), { consumerTag });
  const message = await token;
  const cancelled = channel.cancel(consumerTag);
  channel.nack(message, false, true);
  await cancelled;
}
