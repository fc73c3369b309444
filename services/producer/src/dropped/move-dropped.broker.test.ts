import { type Broker, connectBroker, type Delivery, silentLog } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import {
  decodeEvents,
  encodeJob,
  header,
  type Job,
  type JobEvent,
  type ReceivedMessage,
} from '@heddle/contracts';
import { createMetrics } from '@heddle/service';
import amqp, { type ChannelModel, type ConfirmChannel } from 'amqplib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { createProducerMetrics } from '../metrics.ts';
import { moveDropped } from './move-dropped.ts';

const task = 'debug.echo';

describe('what the broker set aside', () => {
  let vhost: TestVhost;
  let broker: Broker;
  const { meters } = createMetrics('producer');
  const metrics = createProducerMetrics(meters);
  let mover: Awaited<ReturnType<typeof moveDropped>>;
  let foreign: ChannelModel;
  let channel: ConfirmChannel;
  let dead: ReceivedMessage[];
  let events: JobEvent[];

  beforeEach(async () => {
    vhost = await createVhost();
    broker = await connectBroker({
      url: vhost.url,
      service: 'producer',
      instance: newJobId(),
      log: silentLog,
    });
    await broker.declareJobQueue(task);
    mover = await moveDropped(broker, silentLog, metrics);
    dead = [];
    events = [];
    await broker.consume('heddle.dead', { prefetch: 10 }, (delivery) => keep(delivery, dead));
    await broker.consume('heddle.events.recorder', { prefetch: 10 }, (delivery) => {
      const decoded = decodeEvents(delivery.message);
      if (decoded.ok) events.push(...decoded.value);
      delivery.ack();
    });
    foreign = await amqp.connect(vhost.url);
    channel = await foreign.createConfirmChannel();
  });

  afterEach(async () => {
    await foreign.close();
    await mover.drain();
    await broker.close();
    await vhost.drop();
  });

  test('as unroutable reaches heddle.dead as it came, with reason and source', async () => {
    const body = Buffer.from([0, 1, 2, 255]);
    channel.publish('heddle.jobs', 'no.such-task', body, {
      contentType: 'image/png',
      messageId: 'their-id',
      headers: { theirs: 'kept' },
    });
    await vi.waitFor(() => expect(dead).toHaveLength(1), { timeout: 30_000 });
    const [message] = dead;
    expect(message?.body).toEqual(body);
    expect(message?.properties).toMatchObject({ contentType: 'image/png', messageId: 'their-id' });
    expect(message?.properties.headers).toMatchObject({
      theirs: 'kept',
      [header.source]: 'heddle.jobs',
      [header.reason]: expect.stringMatching(/^unroutable_message: .*"no\.such-task"/),
    });
    expect(events).toEqual([]);
  });

  test('as expired reaches heddle.dead, and its job is expired', async () => {
    const id = newJobId();
    const message = encodeJob(jobWith(id));
    channel.publish('heddle.jobs', task, message.body, {
      messageId: id,
      expiration: '20',
      headers: { ...message.properties.headers },
    });
    await vi.waitFor(() => expect(dead).toHaveLength(1), { timeout: 30_000 });
    const headers = dead[0]?.properties.headers;
    expect(headers).toMatchObject({
      [header.source]: `heddle.jobs.${task}`,
      [header.reason]: expect.stringMatching(/^message_expired: .*of 20 ms/),
    });
    expect(headers).not.toHaveProperty('x-death');
    await vi.waitFor(() => expect(events).toHaveLength(1), { timeout: 30_000 });
    expect(events[0]).toMatchObject({ type: 'expired', job: id, task, error: { code: 'message_expired' } });
  });

  test('as expired and without an id reaches heddle.dead, and is nobody’s job', async () => {
    channel.publish('heddle.jobs', task, Buffer.from('1'), { expiration: '1' });
    await vi.waitFor(() => expect(dead).toHaveLength(1), { timeout: 30_000 });
    await mover.drain();
    expect(events).toEqual([]);
  });

  test('with more headers than can be published again is moved without them', async () => {
    channel.publish('heddle.jobs', 'no.such-task', Buffer.from('1'), {
      headers: { large: 'x'.repeat(65_000) },
    });
    await vi.waitFor(() => expect(dead).toHaveLength(1), { timeout: 30_000 });
    expect(dead[0]?.properties.headers?.[header.reason]).toContain('headers were too large');
  });

  test('is settled only after its copy is confirmed: a mover that ends leaves nothing behind', async () => {
    const count = 200;
    for (let i = 0; i < count; i += 1) channel.publish('heddle.jobs', 'no.such-task', Buffer.from(String(i)));
    await vi.waitFor(() => expect(dead.length).toBeGreaterThan(0), { timeout: 30_000 });
    await mover.drain();
    mover = await moveDropped(broker, silentLog, metrics);
    const bodies = () => new Set(dead.map(({ body }) => body.toString()));
    await vi.waitFor(() => expect(bodies().size).toBe(count), { timeout: 30_000 });
    await mover.drain();
    await vi.waitFor(async () => expect(await broker.countMessages('heddle.dropped')).toBe(0), {
      timeout: 30_000,
    });
  });
});

function keep(delivery: Delivery, messages: ReceivedMessage[]): void {
  messages.push(delivery.message);
  delivery.ack();
}

function jobWith(id: string): Job {
  const now = Date.now();
  return {
    id,
    task,
    input: 1,
    priority: 4,
    generation: 0,
    attempt: 1,
    tags: [],
    acceptedAt: now,
    accepted: true,
  };
}
