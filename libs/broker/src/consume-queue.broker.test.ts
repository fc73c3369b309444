import { laneQueue } from '@heddle/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { idsFrom, job, openBroker, openChannel, publishJobs, TASK } from '../test/open-broker.ts';
import type { Delivery } from './index.ts';

const queue = `heddle.jobs.${TASK}` as const;
const idOf = ({ message }: Delivery): string => message.properties.messageId ?? '';

describe('a consumer', () => {
  it('gets the highest priority first, and among equals the oldest', async () => {
    const { broker } = await openBroker();
    for (const priority of [0, 4, 9, 4, 0, 7]) {
      await broker.publisher.publish('heddle.submit', TASK, job(`priority-${priority}`, { priority }));
    }
    const order: string[] = [];
    await broker.consume(queue, { prefetch: 1 }, (delivery) => {
      order.push(idOf(delivery));
      delivery.ack();
    });
    await expect.poll(() => order).toHaveLength(6);
    expect(order.map((id) => Number(id.at(-1)))).toEqual([9, 7, 4, 4, 0, 0]);
  });

  it('holds no more than its prefetch, and more once that is raised', async () => {
    const { broker } = await openBroker();
    await publishJobs(broker, idsFrom(0, 50));
    const held: Delivery[] = [];
    const consumer = await broker.consume(queue, { prefetch: 5 }, (delivery) => held.push(delivery));
    await expect.poll(() => held).toHaveLength(5);
    await consumer.setPrefetch(20);
    // The five held do not count towards the new prefetch.
    await expect.poll(() => held).toHaveLength(25);
    for (const delivery of held.splice(0)) delivery.ack();
    await expect.poll(() => held).toHaveLength(20);
    expect(new Set(held.map(idOf)).size).toBe(20);
    expect(held.some(({ message }) => message.redelivered)).toBe(false);
  });

  it('settles each delivery as it was told to', async () => {
    const { broker, consumed } = await openBroker();
    await publishJobs(broker, ['ack', 'reject', 'requeue']);
    const requeued = new Promise<Delivery>((resolve) => {
      void broker.consume(queue, { prefetch: 10 }, (delivery) => {
        if (delivery.message.redelivered) resolve(delivery);
        else if (idOf(delivery) === 'ack') delivery.ack();
        else if (idOf(delivery) === 'reject') delivery.reject();
        else delivery.requeue();
      });
    });
    const dropped = new Promise<Delivery>((resolve) => {
      void broker.consume('heddle.dropped', { prefetch: 10 }, resolve);
    });
    expect(idOf(await requeued)).toBe('requeue');
    expect(idOf(await dropped)).toBe('reject');
    expect((await dropped).message.properties.headers?.['x-first-death-reason']).toBe('rejected');
    (await requeued).ack();
    (await dropped).ack();
    await expect.poll(() => consumed).toEqual({ acked: 3, rejected: 1, requeued: 1 });
  });

  it('that throws loses neither its connection nor the message', async () => {
    const { broker, vhost, complaints } = await openBroker();
    const done: string[] = [];
    const consumer = await broker.consume(queue, { prefetch: 10 }, (delivery) => {
      if (idOf(delivery) === 'job-1') throw new Error('a bug in the handler');
      done.push(idOf(delivery));
      delivery.ack();
    });
    await publishJobs(broker, idsFrom(0, 5));
    await expect.poll(() => done).toEqual(['job-0', 'job-2', 'job-3', 'job-4']);
    await expect.poll(() => vhost.countConnections()).toBe(2);
    expect(complaints.join()).toContain('a delivery handler threw');
    await consumer.close();
    await expect.poll(() => broker.countMessages(queue)).toBe(1);
  });
});

describe('a stopped consumer', () => {
  it('gets nothing more, and can settle what it holds', async () => {
    const { broker } = await openBroker();
    const held: Delivery[] = [];
    const consumer = await broker.consume(queue, { prefetch: 5 }, (delivery) => held.push(delivery));
    await publishJobs(broker, idsFrom(0, 3));
    await expect.poll(() => held).toHaveLength(3);
    await consumer.stop();
    await publishJobs(broker, idsFrom(3, 3));
    for (const delivery of held) delivery.ack();
    await consumer.close();
    expect(held).toHaveLength(3);
    expect(await broker.countMessages(queue)).toBe(3);
    expect(broker.health().consumers).toEqual([]);
  });

  it('gives back what was delivered and not decided', async () => {
    const { broker } = await openBroker();
    const held: Delivery[] = [];
    const consumer = await broker.consume(queue, { prefetch: 10 }, (delivery) => held.push(delivery));
    await publishJobs(broker, idsFrom(0, 10));
    await expect.poll(() => held).toHaveLength(10);
    for (const delivery of held.slice(0, 4)) delivery.ack();
    await consumer.close();
    expect(held.map(({ lost }) => lost)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    for (const delivery of held) delivery.ack();
    await expect.poll(() => broker.countMessages(queue)).toBe(6);
  });

  it('loses no ack that was given just before the end', async () => {
    const { vhost, broker } = await openBroker();
    for (let round = 0; round < 10; round++) {
      await publishJobs(broker, idsFrom(0, 50));
      const one = await openBroker({ vhost });
      await new Promise<void>((resolve) => {
        let count = 0;
        void one.broker.consume(queue, { prefetch: 50 }, (delivery) => {
          delivery.ack();
          if (++count === 50) resolve();
        });
      });
      await one.broker.close();
      expect(await broker.countMessages(queue)).toBe(0);
    }
  });
});

describe('a consumer whose queue is deleted', () => {
  it('settles nothing of the old one, and consumes from the new one', async () => {
    const { broker, vhost, consumed } = await openBroker();
    const deliveries: Delivery[] = [];
    await broker.consume(queue, { prefetch: 10 }, (delivery) => deliveries.push(delivery));
    await publishJobs(broker, ['old']);
    await expect.poll(() => deliveries).toHaveLength(1);
    const channel = await openChannel(vhost.url);
    await channel.deleteQueue(queue);
    await expect.poll(() => deliveries[0]?.lost).toBe(true);
    deliveries[0]?.ack();
    await expect.poll(() => broker.health().consumers[0]?.state).toBe('consuming');
    await publishJobs(broker, ['new']);
    await expect.poll(() => deliveries.map(idOf)).toEqual(['old', 'new']);
    deliveries[1]?.ack();
    await expect.poll(() => consumed).toEqual({ lost: 1, acked: 1 });
    await expect.poll(() => vhost.countConnections()).toBe(3);
  });
});

describe('a consumer of a queue that others may delete', () => {
  it('ends with it, and nobody waits for the queue to come back', async () => {
    const { broker, vhost } = await openBroker();
    const lane = laneQueue(TASK, 7);
    const channel = await openChannel(vhost.url);
    await channel.assertQueue(lane, { durable: true });
    const consumer = await broker.consume(lane, { prefetch: 1, endsWithQueue: true }, () => {});
    expect(broker.health().consumers).toMatchObject([{ queue: lane, state: 'consuming' }]);
    await channel.deleteQueue(lane);
    await expect.poll(() => broker.health().consumers).toEqual([]);
    await consumer.close();
    await broker.consume(lane, { prefetch: 1, endsWithQueue: true }, () => {});
    expect(broker.health()).toMatchObject({ ok: true, consumers: [] });
  });
});

describe('a consumer whose queue is not there yet', () => {
  it('shows in the health report, keeps trying, and consumes once it is', async () => {
    const { broker } = await openBroker();
    const log = 'heddle.events.log';
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    await broker.consume(log, { prefetch: 1 }, () => {});
    expect(broker.health()).toMatchObject({ ok: true, consumers: [{ queue: log, state: 'resubscribing' }] });
    vi.setSystemTime(Date.now() + 5_001);
    expect(broker.health().reasons).toHaveLength(1);
    expect(broker.health()).toMatchObject({ ok: false, consumers: [{ queue: log, state: 'silent' }] });
    await broker.declareEventLog();
    await expect.poll(() => broker.health().ok).toBe(true);
    expect(broker.health().consumers).toMatchObject([{ queue: log, state: 'consuming' }]);
  });
});

describe('after its connection was closed', () => {
  it('a consumer goes on; what it held is lost to it and comes again, and late settling does nothing', async () => {
    const { broker, vhost } = await openBroker();
    await publishJobs(broker, idsFrom(0, 20));
    const deliveries: Delivery[] = [];
    await broker.consume(queue, { prefetch: 20 }, (delivery) => deliveries.push(delivery));
    await expect.poll(() => deliveries).toHaveLength(20);
    const held = deliveries.splice(0);
    await vhost.closeConnections();
    await expect.poll(() => deliveries).toHaveLength(20);
    expect(held.every(({ lost }) => lost)).toBe(true);
    expect(deliveries.every(({ message }) => message.redelivered)).toBe(true);
    // Their tags are those of messages on the new channel: none of these may be settled by them.
    for (const delivery of held) delivery.ack();
    await publishJobs(broker, ['after']);
    await expect.poll(() => broker.countMessages(queue)).toBe(1);
    for (const delivery of deliveries.splice(0)) delivery.ack();
    await expect.poll(() => deliveries.map(idOf)).toEqual(['after']);
  });

  it('publishes go on, job queues and instance queues are there, and those who asked are told', async () => {
    const { broker, vhost } = await openBroker();
    const news: Delivery[] = [];
    let told = 0;
    broker.onReconnect(() => told++);
    await broker.consume('heddle.control.somebody', { prefetch: 10 }, (delivery) => news.push(delivery));
    const channel = await openChannel(vhost.url);
    for (const { name } of await vhost.listQueues()) {
      if (!name.startsWith('heddle.control.')) await channel.deleteQueue(name);
    }
    await vhost.closeConnections();
    await publishJobs(broker, idsFrom(0, 10));
    await expect.poll(() => told).toBe(1);
    await publishJobs(broker, idsFrom(10, 10));
    const control = { kind: 'control', body: Buffer.from('{}'), properties: { transient: true } } as const;
    await expect
      .poll(async () => {
        await broker.publisher.publish('heddle.control', '', control);
        return news.length;
      })
      .toBeGreaterThan(0);
  });
});
