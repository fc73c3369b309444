import { type ErrorCode, HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { idsFrom, job, openBroker, openChannel, publishJobs, TASK } from '../test/open-broker.ts';
import type { Delivery } from './index.ts';

/** The error codes of publishes, or `confirmed`. */
async function outcomes(publishes: readonly Promise<void>[]): Promise<(ErrorCode | 'confirmed')[]> {
  const results = await Promise.allSettled(publishes);
  return results.map((result) => {
    if (result.status === 'fulfilled') return 'confirmed';
    return result.reason instanceof HeddleError ? result.reason.code : 'internal_error';
  });
}

describe('a publish', () => {
  it('resolves once the broker has the message, whose body and properties arrive as they were sent', async () => {
    const { broker } = await openBroker();
    const message = job('job-1', {
      priority: 7,
      timestamp: 1_700_000_000_000,
      expiration: '60000',
      replyTo: 'heddle.replies.somebody',
      correlationId: 'question',
      headers: {
        'heddle-attempt': 2,
        'heddle-accepted-at': 1_700_000_000_123,
        'heddle-tags': ['a', 'b'],
        nested: { deep: true },
      },
    });
    await broker.publisher.publish('heddle.submit', TASK, message, { mandatory: true });
    const delivery = await new Promise<Delivery>((resolve) => {
      void broker.consume(`heddle.jobs.${TASK}`, { prefetch: 1 }, resolve);
    });
    expect(delivery.message).toEqual({
      body: message.body,
      exchange: 'heddle.submit',
      routingKey: TASK,
      redelivered: false,
      properties: { ...message.properties, transient: false },
    });
  });

  it('is refused as returned when it is mandatory and no queue takes it, without harm to its neighbours', async () => {
    const { broker, published } = await openBroker();
    const publishes = Array.from({ length: 300 }, (_, i) =>
      broker.publisher.publish('heddle.submit', i % 3 === 0 ? 'no.such' : TASK, job(`job-${i}`), {
        mandatory: true,
      }),
    );
    const expected = publishes.map((_, i) => (i % 3 === 0 ? 'publish_returned' : 'confirmed'));
    expect(await outcomes(publishes)).toEqual(expected);
    await expect.poll(() => published).toEqual({ confirmed: 200, returned: 100 });
  });

  it('is told from another with the same id, or with none, when one of them is returned', async () => {
    const { broker } = await openBroker();
    const publish = (key: string, messageId: string | undefined): Promise<void> =>
      broker.publisher.publish('heddle.submit', key, job('', { messageId, type: undefined }), {
        mandatory: true,
      });
    const publishes = [
      publish(TASK, 'same'),
      publish('no.such', 'same'),
      publish(TASK, 'same'),
      publish('no.such', undefined),
      publish(TASK, undefined),
    ];
    const [taken, returned] = ['confirmed', 'publish_returned'];
    expect(await outcomes(publishes)).toEqual([taken, returned, taken, returned, taken]);
  });

  it('without `mandatory` resolves though no queue takes it', async () => {
    const { broker } = await openBroker();
    await broker.publisher.publish('heddle.submit', 'no.such', job('job-1'));
  });

  it('is refused as nacked when the queue is full', async () => {
    const { broker, vhost } = await openBroker();
    const channel = await openChannel(vhost.url);
    await channel.assertQueue('full', { arguments: { 'x-max-length': 3, 'x-overflow': 'reject-publish' } });
    await channel.bindQueue('full', 'heddle.submit', 'test.full');
    const results: string[] = [];
    for (const id of idsFrom(0, 5)) {
      results.push(...(await outcomes([broker.publisher.publish('heddle.submit', 'test.full', job(id))])));
    }
    expect(results).toEqual(['confirmed', 'confirmed', 'confirmed', 'publish_nacked', 'publish_nacked']);
  });

  it('is refused before it is sent when its body is too large', async () => {
    const { broker } = await openBroker({ maxMessageBytes: 1_000 });
    const large = { ...job('large'), body: Buffer.alloc(1_001) };
    const fits = { ...job('fits'), body: Buffer.alloc(1_000) };
    expect(
      await outcomes([
        broker.publisher.publish('heddle.submit', TASK, fits),
        broker.publisher.publish('heddle.submit', TASK, large),
      ]),
    ).toEqual(['confirmed', 'message_too_large']);
  });

  it('carries a body of the largest size, in as many frames as it takes', async () => {
    const { broker } = await openBroker();
    const body = Buffer.alloc(broker.publisher.maxMessageBytes, 'heddle');
    await broker.publisher.publish('heddle.submit', TASK, { ...job('large'), body }, { mandatory: true });
    const delivery = await new Promise<Delivery>((resolve) => {
      void broker.consume(`heddle.jobs.${TASK}`, { prefetch: 1 }, resolve);
    });
    expect(delivery.message.body.equals(body)).toBe(true);
  });

  it('is refused alone when its headers are too large or a property cannot be encoded', async () => {
    const { broker } = await openBroker();
    const publish = (properties: object): Promise<void> =>
      broker.publisher.publish('heddle.submit', TASK, job('job', properties));
    expect(
      await outcomes([
        publish({}),
        publish({ headers: { 'heddle-input': 'x'.repeat(200_000) } }),
        publish({ contentType: 'x'.repeat(300) }),
        publish({}),
      ]),
    ).toEqual(['confirmed', 'message_too_large', 'internal_error', 'confirmed']);
  });

  it('that makes the broker close the channel is found among its neighbours and refused alone', async () => {
    const { broker } = await openBroker();
    const publishes = idsFrom(0, 200).map((id, i) =>
      broker.publisher.publish('heddle.submit', TASK, job(id, i === 77 ? { expiration: 'never' } : {})),
    );
    const results = await outcomes(publishes);
    expect(
      results.map((result, i) => (i === 77 ? result === 'publish_nacked' : result === 'confirmed')),
    ).not.toContain(false);
  });

  it('to an exchange that somebody deleted brings the topology back', async () => {
    const { broker, vhost } = await openBroker();
    const channel = await openChannel(vhost.url);
    await channel.deleteExchange('heddle.submit');
    await publishJobs(broker, idsFrom(0, 10));
  });
});

describe('too many publishes', () => {
  it('wait in line behind the window, and are refused when the line is full', async () => {
    const { broker } = await openBroker({ confirmWindow: 10 });
    const publishes = idsFrom(0, 200).map((id) => broker.publisher.publish('heddle.submit', TASK, job(id)));
    expect(broker.load()).toEqual({ inFlight: 10, waiting: 100 });
    const results = await outcomes(publishes);
    expect(broker.load()).toEqual({ inFlight: 0, waiting: 0 });
    expect(results.filter((result) => result === 'confirmed')).toHaveLength(110);
    expect(results.slice(110)).toEqual(Array.from({ length: 90 }, () => 'overloaded'));
  });

  it('are all confirmed if they wait for each other', async () => {
    const { broker, published } = await openBroker({ confirmWindow: 100 });
    for (let first = 0; first < 5_000; first += 1_000) await publishJobs(broker, idsFrom(first, 1_000));
    await expect.poll(() => published).toEqual({ confirmed: 5_000 });
    expect(await broker.countMessages(`heddle.jobs.${TASK}`)).toBe(5_000);
  });
});

describe('closing', () => {
  it('waits for what is in flight, and takes nothing more', async () => {
    const { broker, vhost } = await openBroker();
    const publishes = publishJobs(broker, idsFrom(0, 1_000));
    const closing = broker.close();
    await expect(publishJobs(broker, ['late'])).rejects.toMatchObject({ code: 'shutting_down' });
    await closing;
    await publishes;
    await expect(broker.declareJobQueue(TASK)).rejects.toMatchObject({ code: 'shutting_down' });
    const other = await openBroker({ vhost });
    expect(await other.broker.countMessages(`heddle.jobs.${TASK}`)).toBe(1_000);
  });
});
