import { decodeEvents, type JobEvent } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { openBroker, openChannel, openVhost } from '../test/open-broker.ts';
import { type Broker, EventPublisher } from './index.ts';

function reply(broker: Broker, to: string, correlationId: string): Promise<void> {
  const properties = { type: 'reply', correlationId, transient: true };
  return broker.publisher.publish('heddle.replies', to, {
    kind: 'reply',
    body: Buffer.from('yes'),
    properties,
  });
}

describe('the queue of replies', () => {
  it('is one for the process, and brings each reply to whoever asked', async () => {
    const { broker } = await openBroker();
    const replies = await broker.replies();
    expect(await broker.replies()).toBe(replies);
    const answers = [replies.wait('1', 60_000), replies.wait('2', 60_000)];
    await reply(broker, replies.name, '2');
    await reply(broker, replies.name, '1');
    const correlated = (await Promise.all(answers)).map(({ properties }) => properties.correlationId);
    expect(correlated).toEqual(['1', '2']);
  });

  it('tells those who wait when it is lost, and works again after the reconnect', async () => {
    const { broker, vhost } = await openBroker();
    const replies = await broker.replies();
    const lost = replies.wait('lost', 60_000).catch((error: unknown) => error);
    await vhost.closeConnections();
    expect(await lost).toMatchObject({ code: 'recorder_unavailable' });
    const { name } = await broker.replies();
    const answer = replies.wait('again', 60_000);
    await reply(broker, name, 'again');
    await answer;
  });

  it('hears what goes to its name, while the broker still holds its queue for a dead connection', async () => {
    const vhost = await openVhost();
    const channel = await openChannel(vhost.url);
    await channel.assertQueue('heddle.replies.twin', { exclusive: true, durable: false });
    const { broker } = await openBroker({ vhost, instance: 'twin' });
    const replies = await broker.replies();
    expect(replies.name).toBe('heddle.replies.twin');
    const answer = replies.wait('1', 60_000);
    await reply(broker, replies.name, '1');
    await answer;
  });
});

describe('events', () => {
  it('arrive in order and in batches, in as many queues as want them', async () => {
    const { broker } = await openBroker();
    const events = new EventPublisher(broker.publisher);
    const jobs = Array.from({ length: 1_000 }, (_, i) => `job-${i}`);
    const base = { task: 'debug.echo', generation: 0, attempt: 0, run: '', seq: 0, at: 1_000 };
    await events.addAll(jobs.map((job): JobEvent => ({ type: 'replayed', job, ...base })));
    const received: string[] = [];
    let messages = 0;
    await broker.consume('heddle.events.recorder', { prefetch: 200 }, (delivery) => {
      const decoded = decodeEvents(delivery.message);
      if (decoded.ok) received.push(...decoded.value.map(({ job }) => job));
      messages++;
      delivery.ack();
    });
    await expect.poll(() => received).toEqual(jobs);
    expect(messages).toBe(10);
    expect(await broker.countMessages('heddle.events.notifier')).toBe(10);
  });
});
