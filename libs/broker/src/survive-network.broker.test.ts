import { describe, expect, it } from 'vitest';
import { idsFrom, job, openBroker, openProxy, openVhost, publishJobs, TASK } from '../test/open-broker.ts';
import { type Broker, connectBroker, type Delivery, silentLog } from './index.ts';

const queue = `heddle.jobs.${TASK}` as const;
/** Everything in the job queue, by id, with how often it is there: so many different ones. */
async function drain(broker: Broker, count: number): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const consumer = await broker.consume(queue, { prefetch: 500 }, (delivery) => {
    const id = delivery.message.properties.messageId ?? '';
    found.set(id, (found.get(id) ?? 0) + 1);
    delivery.ack();
  });
  await expect.poll(() => found.size).toBe(count);
  await expect.poll(() => broker.countMessages(queue)).toBe(0);
  await consumer.close();
  return found;
}

describe('connecting', () => {
  it('goes on until the broker answers', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    proxy.refuse(true);
    const opening = openBroker({ vhost, url: proxy.url });
    // Both connections have been refused, and one of them a second time.
    await expect.poll(() => proxy.refused).toBeGreaterThan(2);
    proxy.refuse(false);
    expect((await opening).broker.state).toBe('connected');
  });

  it('ends with its signal, even while the broker is frozen', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    proxy.hold();
    const given = new AbortController();
    const connecting = connectBroker({
      url: proxy.url,
      service: 'test',
      instance: 'frozen',
      log: silentLog,
      signal: given.signal,
    });
    await expect.poll(() => proxy.accepted).toBeGreaterThan(0);
    given.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it.each([10, 400, 600, 640, 700, 800, 900, 1_000, 1_300])(
    'survives a connection that breaks off after %i bytes, in whatever step that is',
    async (bytes) => {
      const vhost = await openVhost();
      const proxy = await openProxy(vhost.url);
      proxy.cutAfter(bytes);
      let opened = false;
      const opening = openBroker({ vhost, url: proxy.url }).finally(() => (opened = true));
      // A cut that nobody noticed ends with the limit of connecting: ten seconds.
      await expect.poll(() => opened || proxy.accepted >= 6, { timeout: 60_000 }).toBe(true);
      proxy.cutAfter(undefined);
      const { broker } = await opening;
      await publishJobs(broker, ['job-1']);
      // A connection that was made before breaks off at its bytes even now, and comes back.
      await expect.poll(() => broker.health()).toMatchObject({ ok: true });
    },
  );
});

describe('when connections are reset again and again', () => {
  it('every publish is confirmed in the end, every message is in the queue, and every consumer goes on', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker } = await openBroker({ vhost, url: proxy.url });
    const other = await openBroker({ vhost });
    const ids = idsFrom(0, 20_000);
    const seen = new Set<string>();
    await broker.consume(queue, { prefetch: 300 }, (delivery) => {
      seen.add(delivery.message.properties.messageId ?? '');
      delivery.ack();
    });
    let settled = false;
    const publishing = Promise.all(
      ids.map((id) => broker.publisher.publish('heddle.submit', TASK, job(id), { mandatory: true })),
    ).finally(() => (settled = true));
    for (let resets = 0; resets < 5; resets++) {
      const before = proxy.forwarded['to-broker'];
      await expect
        .poll(() => settled || proxy.forwarded['to-broker'] > before + 100_000, { interval: 5 })
        .toBe(true);
      proxy.reset();
    }
    await publishing;
    await expect.poll(() => seen.size).toBe(ids.length);
    await expect.poll(() => other.broker.countMessages(queue)).toBe(0);
    await expect.poll(() => broker.health().ok).toBe(true);
  });
});

describe('when confirms are lost on their way', () => {
  it('messages are published again under the same id, and each publish resolves once', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker, published } = await openBroker({ vhost, url: proxy.url });
    const other = await openBroker({ vhost });
    proxy.hold('to-client');
    const publishing = publishJobs(broker, idsFrom(0, 100));
    await expect.poll(() => other.broker.countMessages(queue)).toBe(100);
    proxy.release();
    proxy.hold('to-client');
    proxy.reset();
    proxy.release();
    await publishing;
    const found = await drain(other.broker, 100);
    expect([...found.keys()].sort()).toEqual(idsFrom(0, 100).sort());
    expect(published).toEqual({ confirmed: 100 });
  });

  it('a publish is given up at its deadline, and later ones get through', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker, published } = await openBroker({ vhost, url: proxy.url });
    proxy.hold('to-client');
    const late = broker.publisher.publish('heddle.submit', TASK, job('late'), { timeoutMs: 200 });
    await expect(late).rejects.toMatchObject({ code: 'confirm_timeout' });
    proxy.release();
    await publishJobs(broker, ['next']);
    await expect.poll(() => published).toEqual({ timed_out: 1, confirmed: 1 });
  });
});

describe('when acks are lost on their way', () => {
  it('the deliveries come again, and are settled as what they now are', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker } = await openBroker({ vhost, url: proxy.url });
    const other = await openBroker({ vhost });
    await publishJobs(other.broker, idsFrom(0, 10));
    const deliveries: Delivery[] = [];
    await broker.consume(queue, { prefetch: 10 }, (delivery) => deliveries.push(delivery));
    await expect.poll(() => deliveries).toHaveLength(10);
    proxy.hold('to-broker');
    for (const delivery of deliveries.splice(0)) delivery.ack();
    await new Promise((resolve) => setImmediate(resolve));
    proxy.reset();
    proxy.release();
    await expect.poll(() => deliveries).toHaveLength(10);
    expect(deliveries.every(({ message }) => message.redelivered)).toBe(true);
    for (const delivery of deliveries) delivery.ack();
    await broker.close();
    expect(await other.broker.countMessages(queue)).toBe(0);
  });
});

describe('when the broker freezes', () => {
  it('heartbeats find out; who wants to fail fast does, who waits is served by the next connection', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker } = await openBroker({ vhost, url: proxy.url, heartbeatSeconds: 1 });
    const deliveries: Delivery[] = [];
    await broker.consume(queue, { prefetch: 10 }, (delivery) => {
      deliveries.push(delivery);
      delivery.ack();
    });
    proxy.hold();
    const failing = broker.publisher.publish('heddle.submit', TASK, job('fast'), { failFast: true });
    const waiting = publishJobs(broker, ['patient']);
    await expect(failing).rejects.toMatchObject({ code: 'broker_unavailable' });
    expect(broker.state).toBe('disconnected');
    expect(broker.health().ok).toBe(false);
    await expect(
      broker.publisher.publish('heddle.submit', TASK, job('late'), { failFast: true }),
    ).rejects.toMatchObject({ code: 'broker_unavailable' });
    await expect(
      broker.publisher.publish('heddle.submit', TASK, job('late'), { timeoutMs: 100 }),
    ).rejects.toMatchObject({ code: 'broker_unavailable' });
    proxy.reset();
    proxy.release();
    await waiting;
    await expect
      .poll(() => deliveries.map(({ message }) => message.properties.messageId))
      .toContain('patient');
    await expect.poll(() => broker.health().ok).toBe(true);
  });

  it('closing ends nevertheless', async () => {
    const vhost = await openVhost();
    const proxy = await openProxy(vhost.url);
    const { broker } = await openBroker({ vhost, url: proxy.url });
    await broker.consume(queue, { prefetch: 10 }, () => {});
    proxy.hold();
    const given = broker.publisher.publish('heddle.submit', TASK, job('lost'));
    const failed = given.catch((error: unknown) => error);
    const began = performance.now();
    await broker.close();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await failed).toMatchObject({ code: 'shutting_down' });
  });
});
