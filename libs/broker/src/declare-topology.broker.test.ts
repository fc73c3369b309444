import { laneQueue, sharedExchanges, sharedQueues } from '@heddle/contracts';
import type { Channel } from 'amqplib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openBroker, openChannel, openVhost, publishJobs, TASK } from '../test/open-broker.ts';
import { queueDeclaration } from './queue-arguments.ts';

describe('connecting declares', () => {
  it('every exchange and shared queue of the table but the event log, which is the recorder’s', async () => {
    const { vhost } = await openBroker();
    const channel = await openChannel(vhost.url);
    for (const name of sharedExchanges) await channel.checkExchange(name);
    const names = (await vhost.listQueues()).map(({ name }) => name);
    const expected = [
      ...sharedQueues.filter((row) => row !== 'heddle.events.log'),
      `heddle.jobs.${TASK}`,
      `heddle.jobs.${TASK}.suspect`,
    ];
    expect(names.sort()).toEqual(expected.sort());
  });

  it('the same again, by many at once, without complaint', async () => {
    const vhost = await openVhost();
    const brokers = await Promise.all(Array.from({ length: 5 }, () => openBroker({ vhost })));
    for (const { complaints } of brokers) expect(complaints).toEqual([]);
  });

  it('and keeps a job queue that an older broker has left in its other form', async () => {
    const vhost = await openVhost();
    const channel = await openChannel(vhost.url);
    const { version } = channel.connection.serverProperties;
    const otherVersion = version.startsWith('3.') ? '4.3.0' : '3.10.8';
    const old = queueDeclaration('heddle.jobs.<task>', otherVersion);
    const args = { ...old.arguments };
    delete args['x-delivery-limit'];
    await channel.assertQueue(`heddle.jobs.${TASK}`, { arguments: args });
    const { broker, complaints } = await openBroker({ vhost });
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain('kept what is on the broker');
    await publishJobs(broker, ['job-1']);
    expect(await broker.countMessages(`heddle.jobs.${TASK}`)).toBe(1);
  });
});

describe('declaring the queues of a task', () => {
  it('from two sides at once leaves each with a queue that can be consumed from', async () => {
    const { broker, complaints } = await openBroker();
    const tasks = Array.from({ length: 40 }, (_, index) => `test.twice-${index}`);
    const serve = async (task: string) => {
      await broker.declareJobQueue(task);
      await broker.consume(`heddle.jobs.${task}.suspect`, { prefetch: 1 }, () => undefined);
    };
    await Promise.all(tasks.flatMap((task) => [serve(task), serve(task)]));
    expect(complaints).toEqual([]);
    expect(broker.health()).toMatchObject({ ok: true });
  });

  it('is done once, for however many that ask for it and consume from them', async () => {
    const { broker, vhost } = await openBroker();
    const channel = await openChannel(vhost.url);
    const declaring = vi.spyOn(Object.getPrototypeOf(channel) as Channel, 'assertQueue');
    onTestFinished(() => declaring.mockRestore());
    const task = 'test.once';
    const queues = [`heddle.jobs.${task}`, `heddle.jobs.${task}.suspect`] as const;
    await Promise.all(
      queues.map(async (queue) => {
        await broker.declareJobQueue(task);
        await broker.consume(queue, { prefetch: 1 }, () => undefined);
      }),
    );
    expect(broker.health()).toMatchObject({ ok: true });
    expect(declaring.mock.calls.map(([queue]) => queue)).toEqual(queues);
  });

  it('is done with the newest of the options that are asked for at once', async () => {
    const { broker, vhost } = await openBroker();
    const task = 'test.laned';
    await Promise.all([broker.declareJobQueue(task), broker.declareJobQueue(task, { lanes: 2 })]);
    const names = (await vhost.listQueues()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([laneQueue(task, 0), laneQueue(task, 1)]));
  });
});

describe('counting messages', () => {
  it('counts what is ready, and nothing where there is no queue', async () => {
    const { broker } = await openBroker();
    await publishJobs(broker, ['a', 'b', 'c']);
    expect(await broker.countMessages(`heddle.jobs.${TASK}`)).toBe(3);
    expect(await broker.countMessages('heddle.jobs.no.such')).toBe(0);
  });
});

describe('messages for a task nobody has declared', () => {
  it('from other clients end where the broker sets things aside', async () => {
    const { broker, vhost } = await openBroker();
    const channel = await openChannel(vhost.url);
    channel.publish('heddle.jobs', 'no.such', Buffer.from('{}'), { persistent: true });
    await expect.poll(() => broker.countMessages('heddle.dropped')).toBe(1);
  });
});
