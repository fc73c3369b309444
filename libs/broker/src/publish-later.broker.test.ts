import { delayName, rungFor } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { job, openBroker, TASK } from '../test/open-broker.ts';
import type { Broker } from './index.ts';

/** Every job that arrives, with when it did. */
async function arrivals(broker: Broker): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  await broker.consume(`heddle.jobs.${TASK}`, { prefetch: 300 }, (delivery) => {
    seen.set(delivery.message.properties.messageId ?? '', Date.now());
    delivery.ack();
  });
  return seen;
}

describe('a job published for later', () => {
  it('arrives when it is due, not sooner than a shorter one behind it would have to wait', async () => {
    const { broker } = await openBroker();
    const seen = await arrivals(broker);
    // Behind the first one nothing would arrive as long as the test lasts.
    await broker.publishLater(job('in an hour'), TASK, 3_600_000);
    const delays = { long: 3_000, short: 200, middle: 1_000 };
    const published = new Map<string, number>();
    for (const [id, delayMs] of Object.entries(delays)) {
      published.set(id, Date.now());
      await broker.publishLater(job(id), TASK, delayMs);
    }
    await expect.poll(() => [...seen.keys()].sort()).toEqual(['long', 'middle', 'short']);
    for (const [id, delayMs] of Object.entries(delays)) {
      // Not before, within the 5 % of a rung; how late a busy machine is belongs to a benchmark.
      expect((seen.get(id) ?? 0) - (published.get(id) ?? 0)).toBeGreaterThanOrEqual(delayMs * 0.95 - 1);
    }
    expect(await broker.countMessages(delayName(rungFor(3_600_000) ?? 0))).toBe(1);
  });

  it('keeps its properties on the way', async () => {
    const { broker } = await openBroker();
    const message = job('kept', { priority: 9, replyTo: 'somebody', headers: { 'heddle-attempt': 3 } });
    await broker.publishLater(message, TASK, 100);
    const received = await new Promise((resolve) => {
      void broker.consume(`heddle.jobs.${TASK}`, { prefetch: 1 }, (delivery) => resolve(delivery.message));
    });
    expect(received).toMatchObject({
      body: message.body,
      exchange: 'heddle.jobs',
      routingKey: TASK,
      properties: { messageId: 'kept', priority: 9, replyTo: 'somebody', headers: { 'heddle-attempt': 3 } },
    });
  });

  it('goes straight to its queue when the delay is too short for a rung', async () => {
    const { broker } = await openBroker();
    await broker.publishLater(job('now'), TASK, 20);
    expect(await broker.countMessages(`heddle.jobs.${TASK}`)).toBe(1);
  });

  it('is refused at once when nothing takes jobs of its task', async () => {
    const { broker } = await openBroker();
    await expect(broker.publishLater(job('lost'), 'no.such', 1_000)).rejects.toMatchObject({
      code: 'publish_returned',
    });
  });

  it('may pass the same rung again and again, as retries do', async () => {
    const { broker } = await openBroker();
    let passes = 0;
    await broker.consume(`heddle.jobs.${TASK}`, { prefetch: 10 }, (delivery) => {
      passes += 1;
      if (passes < 4) void broker.publishLater(job('again'), TASK, 100).then(() => delivery.ack());
      else delivery.ack();
    });
    await broker.publishLater(job('again'), TASK, 100);
    await expect.poll(() => passes).toBe(4);
  });

  it('still waits, and still arrives, when its publisher has gone', async () => {
    const { broker, vhost } = await openBroker();
    const published = Date.now();
    await broker.publishLater(job('orphan'), TASK, 1_000);
    await broker.close();
    const seen = await arrivals((await openBroker({ vhost })).broker);
    await expect.poll(() => [...seen.keys()]).toEqual(['orphan']);
    expect((seen.get('orphan') ?? 0) - published).toBeGreaterThanOrEqual(949);
  });
});
