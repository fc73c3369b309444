import amqp from 'amqplib';
import { expect, it, onTestFinished } from 'vitest';
import { openVhost } from '../test/open-broker.ts';
import { ConsumerWatchdog, type WatchedConsumer } from './watch-consumers.ts';

/** It looks when the test says so. */
const NEVER_MS = 3_600_000;

async function watch(consumers: WatchedConsumer[], url: string): Promise<ConsumerWatchdog> {
  const connection = await amqp.connect(url);
  onTestFinished(() => connection.close());
  const watchdog = new ConsumerWatchdog(consumers, () => connection, NEVER_MS);
  onTestFinished(() => watchdog.stop());
  const channel = await connection.createChannel();
  await channel.assertQueue('watched');
  return watchdog;
}

function idle(queue: string) {
  const restarts: string[] = [];
  return {
    brokerName: queue,
    consuming: true,
    isStream: false,
    isSingle: false,
    deliveries: 7,
    held: 0,
    restarts,
    restart: (reason: string) => Promise.resolve(void restarts.push(reason)),
  };
}

it('a consumer that the broker does not know of is subscribed anew', async () => {
  const vhost = await openVhost();
  const consumer = idle('watched');
  const watchdog = await watch([consumer], vhost.url);
  await watchdog.look();
  expect(consumer.restarts).toEqual([]);
  await watchdog.look();
  expect(consumer.restarts).toEqual(['the broker knows of no consumer']);
});

it('one that got a delivery since the last look, or holds one, or is none, is left alone', async () => {
  const vhost = await openVhost();
  const [busy, holding, stopped] = [idle('watched'), idle('watched'), idle('watched')];
  const watchdog = await watch([busy, holding, stopped], vhost.url);
  for (let looks = 0; looks < 3; looks++) {
    busy.deliveries++;
    holding.held = 1;
    stopped.consuming = false;
    await watchdog.look();
  }
  expect([busy.restarts, holding.restarts, stopped.restarts]).toEqual([[], [], []]);
});
