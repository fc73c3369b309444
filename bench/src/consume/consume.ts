import type { Broker } from '@heddle/broker';
import { jobQueue } from '@heddle/contracts';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import type { Benchmark } from '../harness/benchmark.ts';
import { ratePerSecond } from '../harness/keep-in-flight.ts';
import { BENCH_TASK, publishByChannel } from '../publish/publish.ts';
import { claimTopology, openPurger } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { openChannel, openConnection } from '../queues/open-channel.ts';

const MESSAGES = 30_000;
const PREFETCH = 300;
const QUEUE = jobQueue(BENCH_TASK);

/** Messages a second that are delivered and acknowledged; they lie in the queue before the clock starts. */
export const consume: Benchmark = {
  name: 'consume',
  about:
    'consuming and acknowledging through libs/broker, against a bare amqplib channel that acks once a turn',
  warmUp: true,
  prepare: async (session) => {
    const messages = Math.max(100, Math.round(MESSAGES * session.scale));
    await claimTopology(session, [BENCH_TASK]);
    const broker = await openBroker(session, 'bench-consume');
    await broker.declareJobQueue(BENCH_TASK);
    const connection = await openConnection(session.amqpUrl, session.cleanUp);
    const filling = await openChannel(session.amqpUrl, session.cleanUp);
    const purge = await openPurger(session);
    const rate = async (consumeAll: () => Promise<void>): Promise<number> => {
      await purge([QUEUE]);
      await publishByChannel(filling, messages);
      return ratePerSecond(messages, consumeAll);
    };
    return [
      {
        kind: 'comparison',
        name: 'consume',
        unit: 'messages/s',
        target: undefined,
        ours: () => rate(() => consumeByBroker(broker, messages)),
        reference: () => rate(() => consumeByChannel(connection, messages)),
      },
    ];
  },
};

/** Closing the consumer is measured in both: it makes sure that the last acks have reached the broker. */
async function consumeByBroker(broker: Broker, messages: number): Promise<void> {
  const all = countdown(messages);
  const consumer = await broker.consume(QUEUE, { prefetch: PREFETCH }, (delivery) => {
    delivery.ack();
    all.one();
  });
  await all.done;
  await consumer.close();
}

async function consumeByChannel(connection: ChannelModel, messages: number): Promise<void> {
  const all = countdown(messages);
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  let newest: ConsumeMessage | undefined;
  await channel.consume(QUEUE, (message) => {
    if (!message) throw new Error('the broker has cancelled the consumer');
    if (!newest) {
      setImmediate(() => {
        if (newest) channel.ack(newest, true);
        newest = undefined;
      });
    }
    newest = message;
    all.one();
  });
  await all.done;
  // The ack of the last turn is due in this turn's check phase; after it, close.
  await new Promise((resolve) => setImmediate(resolve));
  await channel.close();
}

function countdown(from: number): { one(): void; readonly done: Promise<void> } {
  let left = from;
  let finish: () => void;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    one: () => {
      left -= 1;
      if (left === 0) finish();
    },
    done,
  };
}
