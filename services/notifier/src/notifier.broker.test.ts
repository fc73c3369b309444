import { type Broker, connectBroker, EventPublisher } from '@heddle/broker';
import type { JobEvent } from '@heddle/contracts';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { readEvents } from './read-events.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let vhost: TestVhost;
let broker: Broker;

beforeEach(async () => {
  vhost = await createVhost();
  broker = await connectBroker({ url: vhost.url, service: 'notifier', instance: 'notifier-1', log: silent });
});
afterEach(async () => {
  await broker.close();
  await vhost.drop();
});

test('the notifier counts the events it reads, and leaves none in its queue', async () => {
  const registry = new Registry();
  const reader = await readEvents(broker, silent, registry);
  await new EventPublisher(broker.publisher).addAll([event('started'), event('started'), event('started')]);
  const counted = async () => registry.getSingleMetricAsString('heddle_notifier_events_total');
  await vi.waitFor(async () => expect(await counted()).toContain('{type="started"} 3'));
  await reader.drain();
  expect(await broker.countMessages('heddle.events.notifier')).toBe(0);
});

test('the notifier gets past a message that nobody can read', async () => {
  const warn = vi.fn<(fields: object, message: string) => void>();
  const reader = await readEvents(broker, { ...silent, warn }, new Registry());
  const rubbish = { kind: 'events', body: Buffer.from('rubbish'), properties: {} } as const;
  await broker.publisher.publish('heddle.events', 'event', rubbish);
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  await reader.drain();
  expect(await broker.countMessages('heddle.events.notifier')).toBe(0);
});

function event(type: 'started'): JobEvent {
  return {
    type,
    job: 'j1',
    task: 'debug.echo',
    generation: 0,
    attempt: 1,
    run: 'r',
    seq: 0,
    at: 1,
    worker: 'w',
  };
}
