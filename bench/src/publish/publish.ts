import { randomUUID } from 'node:crypto';
import type { Broker } from '@heddle/broker';
import { encodeJob, jobQueue } from '@heddle/contracts';
import type { ConfirmChannel, Options } from 'amqplib';
import type { Benchmark } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { claimTopology, openPurger } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { openChannel } from '../queues/open-channel.ts';

/** A task that nobody serves: its queue only gathers. */
export const BENCH_TASK = 'bench.noop';
const MESSAGES = 30_000;
const WINDOW = 1_000;
const INPUT = { text: 'a sentence, such as small jobs carry' };

/** Persistent messages a second that the broker has confirmed, `WINDOW` of them in flight. */
export const publish: Benchmark = {
  name: 'publish',
  about: 'confirmed publishes through libs/broker, against a bare amqplib confirm channel',
  warmUp: true,
  prepare: async (session) => {
    const messages = Math.max(100, Math.round(MESSAGES * session.scale));
    await claimTopology(session, [BENCH_TASK]);
    const broker = await openBroker(session, 'bench-publish');
    await broker.declareJobQueue(BENCH_TASK);
    const channel = await openChannel(session.amqpUrl, session.cleanUp);
    const purge = await openPurger(session);
    const rate = async (publishAll: () => Promise<void>): Promise<number> => {
      await purge([jobQueue(BENCH_TASK)]);
      return ratePerSecond(messages, publishAll);
    };
    return [
      {
        kind: 'comparison',
        name: 'publish',
        unit: 'messages/s',
        target: undefined,
        ours: () => rate(() => publishByBroker(broker, messages)),
        reference: () => rate(() => publishByChannel(channel, messages)),
      },
    ];
  },
};

function publishByBroker(broker: Broker, messages: number): Promise<void> {
  return keepInFlight(messages, WINDOW, () => {
    const message = encodeJob({
      id: randomUUID(),
      task: BENCH_TASK,
      input: INPUT,
      priority: 4,
      generation: 0,
      attempt: 1,
      tags: [],
      acceptedAt: Date.now(),
      accepted: true,
    });
    return broker.publisher.publish('heddle.submit', BENCH_TASK, message, { mandatory: true });
  });
}

/** Publishes job messages on a plain confirm channel, through the same exchange to the same queue. */
export function publishByChannel(channel: ConfirmChannel, messages: number): Promise<void> {
  return keepInFlight(
    messages,
    WINDOW,
    () =>
      new Promise<void>((resolve, reject) => {
        const body = Buffer.from(JSON.stringify(INPUT));
        channel.publish('heddle.submit', BENCH_TASK, body, bareJobOptions(), (error: unknown) => {
          if (error) reject(new Error('the broker refused a message', { cause: error }));
          else resolve();
        });
      }),
  );
}

function bareJobOptions(): Options.Publish {
  const now = Date.now();
  return {
    contentType: 'application/json',
    type: BENCH_TASK,
    messageId: randomUUID(),
    priority: 4,
    timestamp: Math.floor(now / 1_000),
    deliveryMode: 2,
    mandatory: true,
    headers: { 'heddle-attempt': 1, 'heddle-accepted-at': now, 'heddle-accepted': true },
  };
}
