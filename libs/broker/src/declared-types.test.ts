import type { WireMessage } from '@heddle/contracts';
import { expect, it } from 'vitest';
import type { Broker, Publisher } from './broker.ts';

const job = { kind: 'job', body: Buffer.from('{}'), properties: {} } satisfies WireMessage<'job'>;
const reply = { kind: 'reply', body: Buffer.from('{}'), properties: {} } satisfies WireMessage<'reply'>;

/** Never run: it is the compiler that must find fault with each marked line, and with no other. */
export async function mustNotCompile(broker: Broker, publisher: Publisher): Promise<void> {
  await publisher.publish('heddle.submit', 'debug.echo', job);
  await publisher.publish('heddle.replies', 'heddle.replies.somebody', reply);
  // @ts-expect-error there is no such exchange
  await publisher.publish('heddle.jbos', 'debug.echo', job);
  // @ts-expect-error jobs do not go where events go
  await publisher.publish('heddle.events', 'event', job);
  // @ts-expect-error only the broker publishes there, and never a reply
  await publisher.publish('heddle.dropped', '', reply);
  // @ts-expect-error a body is bytes
  await publisher.publish('heddle.submit', 'debug.echo', { ...job, body: '{}' });
  // @ts-expect-error a message says of what kind it is
  await publisher.publish('heddle.submit', 'debug.echo', { body: job.body, properties: {} });

  const nothing = (): void => {};
  await broker.consume('heddle.queries', { prefetch: 1 }, nothing);
  await broker.consume('heddle.jobs.debug.echo', { prefetch: 1 }, nothing);
  await broker.consume('heddle.control.somebody', { prefetch: 1 }, nothing);
  // @ts-expect-error there is no such queue
  await broker.consume('heddle.query', { prefetch: 1 }, nothing);
  // @ts-expect-error nobody consumes without a limit
  await broker.consume('heddle.queries', {}, nothing);
  // @ts-expect-error there is no such queue
  await broker.countMessages('jobs.debug.echo');
}

it('wrong exchanges, bodies and queues do not compile', () => {
  expect(mustNotCompile).toBeTypeOf('function');
});
