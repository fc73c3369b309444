import { type Broker, connectBroker, EventPublisher } from '@heddle/broker';
import { newJobId } from '@heddle/client';
import {
  type ControlNews,
  decodeEvents,
  decodeRequest,
  encodeControl,
  encodeJob,
  encodeReply,
  type JobEvent,
  type QueueName,
  type RecorderReplies,
  type WireMessage,
} from '@heddle/contracts';
import { createMetrics, type RunningService } from '@heddle/service';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { answering, type Receiver, startReceiver } from '../test/receiver.ts';
import { notifierSettings } from './settings.ts';
import { startNotifier } from './start-notifier.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });
const soon = { timeout: 30_000 };

let vhost: TestVhost;
let watching: Broker;
let running: { broker: Broker; service: RunningService }[];
let receivers: Receiver[];
/** Events of deliveries. */
let events: JobEvent[];
/** What the recorder says is cancelled and paused. */
let control: RecorderReplies['control-snapshot'];

beforeEach(async () => {
  vhost = await createVhost();
  running = [];
  receivers = [];
  events = [];
  watching = await connectBroker({ url: vhost.url, service: 'recorder', instance: newJobId(), log });
  await watching.consume('heddle.events.recorder', { prefetch: 100 }, (delivery) => {
    const decoded = decodeEvents(delivery.message);
    if (decoded.ok) events.push(...decoded.value.filter(({ task }) => task === 'webhook.deliver'));
    delivery.ack();
  });
  control = { cancelled: [], paused: [] };
  await watching.consume('heddle.queries', { prefetch: 100 }, (delivery) => {
    const asked = decodeRequest(delivery.message);
    delivery.ack();
    if (!asked.ok || asked.value.request.op !== 'control-snapshot') return;
    const { replyTo = '', correlationId = '' } = asked.value;
    const reply = encodeReply('control-snapshot', { ok: true, value: control }, correlationId);
    void watching.publisher.publish('heddle.replies', replyTo, reply);
  });
});
afterEach(async () => {
  for (const { broker, service } of running) {
    await service.drain();
    await broker.close();
  }
  await watching.close();
  for (const receiver of receivers) await receiver.close();
  await vhost.drop();
});

async function start(
  env: Record<string, string> = { HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8' },
  options: { maxMessageBytes?: number; restsMs?: readonly number[] } = {},
): Promise<void> {
  const instance = `notifier-${newJobId()}`;
  const { restsMs = [100, 150, 200], ...more } = options;
  const broker = await connectBroker({ url: vhost.url, service: 'notifier', instance, log, ...more });
  const settings = notifierSettings.parse({ HEDDLE_WEBHOOK_SECRET: SECRET, ...env });
  const context = { settings, log, metrics: createMetrics('notifier'), instance, broker };
  const service = await startNotifier({ ...context, signal: new AbortController().signal }, restsMs);
  running.push({ broker, service });
}

async function receiver(...begin: Parameters<typeof startReceiver>): Promise<Receiver> {
  const started = await startReceiver(...begin);
  receivers.push(started);
  return started;
}

function endOf(job: string, url: string): JobEvent {
  const base = { job, task: 'debug.echo', generation: 0, attempt: 1, run: 'r', seq: 1, at: Date.now() };
  return { type: 'succeeded', ...base, worker: 'w', startedAt: Date.now(), result: 7, webhook: { url } };
}

const publish = (...some: JobEvent[]) => new EventPublisher(watching.publisher).addAll(some);
const types = () => events.map(({ type }) => type).filter((type) => type !== 'started');

describe('the notifier', () => {
  test('tells the webhook of a job how it ended, signed, and is seen as a job itself', async () => {
    await start();
    const { url, received } = await receiver(answering(200));
    const job = newJobId();
    await publish(endOf(job, url));
    await vi.waitFor(() => expect(types()).toEqual(['accepted', 'succeeded']), soon);
    const [got] = received;
    expect(new Webhook(SECRET).verify(got?.body ?? '', got?.headers ?? {})).toMatchObject({
      type: 'job.succeeded',
      data: { id: job, task: 'debug.echo', state: 'succeeded', result: 7 },
    });
    expect(events[0]).toMatchObject({ job: got?.headers['webhook-id'], tags: [`webhook:${job}`] });
    expect(events.at(-1)).toMatchObject({ type: 'succeeded', result: { status: 200 } });
  });

  test('says of what no message can carry that it has failed, and goes on', async () => {
    await start(undefined, { maxMessageBytes: 2_048 });
    const { url, received } = await receiver(answering(200));
    const [large, small] = [newJobId(), newJobId()];
    await publish({ ...endOf(large, url), result: 'x'.repeat(5_000) } as JobEvent, endOf(small, url));
    await vi.waitFor(
      () => expect(types().toSorted()).toEqual(['accepted', 'accepted', 'failed', 'succeeded']),
      soon,
    );
    expect(events.find(({ type }) => type === 'failed')).toMatchObject({
      error: { code: 'message_too_large' },
    });
    expect(received).toHaveLength(1);
  });

  test('tries again while the receiver fails, under the same id, until it succeeds', async () => {
    await start();
    const { url, received } = await receiver(answering(500, 503, 200));
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(types()).toEqual(['accepted', 'retrying', 'retrying', 'succeeded']), soon);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ attempt: 3 });
  });

  test('gives up when the attempts are used up', async () => {
    await start();
    const { url, received } = await receiver(answering(307));
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(types().at(-1)).toBe('dead'), soon);
    expect(received).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({
      error: { code: 'webhook_failed', message: expect.stringContaining('307') },
    });
  });

  test('never asks again after 410', async () => {
    await start();
    const { url, received } = await receiver(answering(410));
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(types()).toEqual(['accepted', 'failed']), soon);
    expect(received).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ error: { code: 'webhook_refused' } });
  });

  test('refuses a private address unless it is allowed', async () => {
    await start({});
    const { url, received } = await receiver(answering(200));
    await publish(endOf(newJobId(), url), endOf(newJobId(), url.replace('127.0.0.1', 'localhost')));
    await vi.waitFor(() => expect(types().filter((type) => type === 'failed')).toHaveLength(2), soon);
    expect(received).toEqual([]);
  });

  test('serves fast receivers while a slow one holds its posts', async () => {
    await start();
    const slow = await receiver(() => {});
    const fast = await receiver(answering(200));
    await publish(...Array.from({ length: 60 }, () => endOf(newJobId(), slow.url)));
    await vi.waitFor(() => expect(slow.received.length).toBe(8), soon);
    await publish(...Array.from({ length: 20 }, () => endOf(newJobId(), fast.url)));
    await vi.waitFor(() => expect(fast.received).toHaveLength(20), soon);
    // None of the first has given up yet, or another would have taken its place.
    expect(slow.received).toHaveLength(8);
  });

  test('makes one delivery of an event that comes twice, or says the same thing under the same id', async () => {
    await start();
    const { url, received } = await receiver(answering(200));
    const end = endOf(newJobId(), url);
    await publish(end);
    await publish(end);
    await vi.waitFor(() => expect(received.length).toBeGreaterThan(0), soon);
    await vi.waitFor(
      async () => expect(await watching.countMessages('heddle.events.notifier')).toBe(0),
      soon,
    );
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('gets past messages that nobody can read, of events and of deliveries', async () => {
    await start();
    const rubbish = (kind: 'events' | 'job') =>
      ({ kind, body: Buffer.from('rubbish'), properties: {} }) as WireMessage<never>;
    await watching.publisher.publish('heddle.events', 'event', rubbish('events'));
    await watching.publisher.publish('heddle.submit', 'webhook.deliver', rubbish('job'));
    const bad = { id: newJobId(), task: 'webhook.deliver', input: { url: 'ftp://x', event: {} } };
    const plain = {
      priority: 4,
      generation: 0,
      attempt: 1,
      tags: [],
      acceptedAt: Date.now(),
      accepted: true,
    };
    await watching.publisher.publish('heddle.submit', 'webhook.deliver', encodeJob({ ...bad, ...plain }));
    await vi.waitFor(
      () => expect(events).toMatchObject([{ type: 'failed', error: { code: 'invalid_input' } }]),
      soon,
    );
    await vi.waitFor(async () => expect(await watching.countMessages('heddle.dropped')).toBe(1), soon);
    const queues: QueueName[] = ['heddle.events.notifier', 'heddle.jobs.webhook.deliver'];
    for (const queue of queues)
      await vi.waitFor(async () => expect(await watching.countMessages(queue)).toBe(0), soon);
  });

  const tell = (news: ControlNews) => watching.publisher.publish('heddle.control', '', encodeControl(news));

  test('rests while its task is paused, also when it starts then, and goes on when it is resumed', async () => {
    control = { cancelled: [], paused: ['webhook.deliver'] };
    await start();
    const { url, received } = await receiver(answering(200));
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(types()).toEqual(['accepted']), soon);
    const waiting = () => watching.countMessages('heddle.jobs.webhook.deliver');
    await vi.waitFor(async () => expect(await waiting()).toBe(1), soon);
    await tell({ type: 'paused', tasks: [] });
    await vi.waitFor(() => expect(types()).toEqual(['accepted', 'succeeded']), soon);

    await tell({ type: 'paused', tasks: ['webhook.deliver'] });
    await vi.waitFor(async () => {
      const queues = await vhost.listQueues();
      expect(queues.find(({ name }) => name === 'heddle.jobs.webhook.deliver')?.consumers).toBe(0);
    }, soon);
    await publish(endOf(newJobId(), url));
    await vi.waitFor(async () => expect(await waiting()).toBe(1), soon);
    expect(received).toHaveLength(1);
    await tell({ type: 'paused', tasks: [] });
    await vi.waitFor(() => expect(received).toHaveLength(2), soon);
  });

  test('does not post what is cancelled, and tries what was cancelled meanwhile no more', async () => {
    const cancelled = newJobId();
    control = { cancelled: [cancelled], paused: [] };
    // Long enough for the news to come before the next attempt.
    await start(undefined, { restsMs: [3_000] });
    const { url, received } = await receiver((request, response) => {
      const job = String(request.headers['webhook-id']);
      void tell({ type: 'cancel', job }).then(() => response.writeHead(500).end());
    });
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(types().at(-1)).toBe('cancelled'), soon);
    expect(received).toHaveLength(1);

    const plain = { task: 'webhook.deliver', priority: 4, attempt: 1, generation: 0, tags: [] };
    const job = {
      ...plain,
      id: cancelled,
      input: { url, event: {} },
      acceptedAt: Date.now(),
      accepted: true,
    };
    await watching.publisher.publish('heddle.submit', 'webhook.deliver', encodeJob(job));
    await vi.waitFor(
      () => expect(events.find((event) => event.job === cancelled)?.type).toBe('cancelled'),
      soon,
    );
    expect(received).toHaveLength(1);
  });

  test('leaves to the next what it had not ended', async () => {
    await start();
    let isOpen = false;
    const { url, received } = await receiver((_request, response) => {
      if (isOpen) response.end();
    });
    await publish(endOf(newJobId(), url));
    await vi.waitFor(() => expect(received).toHaveLength(1), soon);
    isOpen = true;
    // As a crash would: the connection goes, and the delivery unsettled with it.
    await running[0]?.broker.close();
    await start();
    await vi.waitFor(() => expect(types().at(-1)).toBe('succeeded'), soon);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received.length).toBeGreaterThan(1);
  });
});
