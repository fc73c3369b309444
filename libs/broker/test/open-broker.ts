/// <reference types="node" />
import { randomUUID } from 'node:crypto';
import type { WireMessage } from '@heddle/contracts';
import amqp, { type Channel } from 'amqplib';
import { onTestFinished } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { startTcpProxy, type TcpProxy } from '../../../test/support/tcp-proxy.ts';
import {
  type Broker,
  type BrokerOptions,
  type ConsumeOutcome,
  connectBroker,
  type PublishOutcome,
} from '../src/index.ts';

/** The task whose queue the tests use. */
export const TASK = 'test.work';

export interface TestBroker {
  readonly broker: Broker;
  readonly vhost: TestVhost;
  /** What was logged as a warning or an error. */
  readonly complaints: string[];
  readonly published: Partial<Record<PublishOutcome, number>>;
  readonly consumed: Partial<Record<ConsumeOutcome, number>>;
}

/** A broker on a virtual host of its own, with the queue of `TASK`; closed and dropped after the test. */
export async function openBroker(
  options: Partial<BrokerOptions> & { vhost?: TestVhost } = {},
): Promise<TestBroker> {
  const vhost = options.vhost ?? (await openVhost());
  const complaints: string[] = [];
  const published: TestBroker['published'] = {};
  const consumed: TestBroker['consumed'] = {};
  const complain = (fields: object, message: string): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  const broker = await connectBroker({
    url: vhost.url,
    service: 'test',
    instance: `test-${randomUUID()}`,
    log: { debug() {}, info() {}, warn: complain, error: complain },
    observer: {
      published: (_, outcome, count) => (published[outcome] = (published[outcome] ?? 0) + count),
      consumed: (_, outcome, count) => (consumed[outcome] = (consumed[outcome] ?? 0) + count),
    },
    ...options,
  });
  onTestFinished(() => broker.close());
  await broker.declareJobQueue(TASK);
  return { broker, vhost, complaints, published, consumed };
}

export async function openVhost(): Promise<TestVhost> {
  const vhost = await createVhost();
  onTestFinished(() => vhost.drop());
  return vhost;
}

export async function openProxy(url: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy(url);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A channel of amqplib's own, to do what the library would not. */
export async function openChannel(url: string): Promise<Channel> {
  const connection = await amqp.connect(url);
  connection.on('error', () => {});
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  onTestFinished(() => connection.close().catch(() => {}));
  return channel;
}

export function job(id: string, properties: WireMessage['properties'] = {}): WireMessage<'job'> {
  return {
    kind: 'job',
    body: Buffer.from(JSON.stringify({ id })),
    properties: { contentType: 'application/json', messageId: id, type: TASK, priority: 4, ...properties },
  };
}

/** Publishes a job for each id; resolves when all are confirmed. */
export async function publishJobs(broker: Broker, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((id) => broker.publisher.publish('heddle.submit', TASK, job(id), { mandatory: true })),
  );
}

export function idsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `job-${first + i}`);
}
