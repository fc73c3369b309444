import { seedOf } from '@heddle/contracts';
import amqp from 'amqplib';
import { expect, it, onTestFinished } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { startTcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { Lock } from '../lock.ts';
import { Semaphore } from '../semaphore.ts';
import { SyncSession } from './sync-session.ts';

async function openVhost(): Promise<TestVhost> {
  const vhost = await createVhost();
  onTestFinished(() => vhost.drop());
  return vhost;
}

async function connect(url: string): Promise<SyncSession> {
  // Nobody notices a frozen broker before the test is over.
  const session = await SyncSession.connect({ url, heartbeatSeconds: 60 });
  onTestFinished(() => session.close());
  return session;
}

it('who may declare but not write to the objects is told so, and does not try for ever', async () => {
  const vhost = await openVhost();
  await (await connect(vhost.url)).broker.seed(seedOf('event.any'), 30_000);
  const write = '^heddle\\.sync\\.(tokens|seeded|permits)\\.';
  const session = await connect(await vhost.addUser('reader', { configure: '.*', write, read: '.*' }));
  const refusal = { name: 'RuntimeError', message: expect.stringContaining('may not make it') };
  await expect(new Lock(session, 'refused').acquire()).rejects.toMatchObject(refusal);
  await expect(new Semaphore(session, 'refused', 2).acquire({ blocking: false })).rejects.toMatchObject(
    refusal,
  );
});

it('an object that a frozen broker does not make in time is given up, and there once it thaws', async () => {
  const vhost = await openVhost();
  const proxy = await startTcpProxy(vhost.url);
  onTestFinished(() => proxy.close());
  const { broker } = await connect(proxy.url);
  const seed = seedOf('lock.frozen');
  proxy.hold('to-broker');
  const late = { code: 'broker_unavailable', message: 'lock.frozen was not made within 50 ms' };
  await Promise.all([0, 1].map(() => expect(broker.seed(seed, 50)).rejects.toMatchObject(late)));
  proxy.release();
  await broker.seed(seed, 30_000);
  expect(await broker.countReady('heddle.sync.tokens.lock.frozen', 30_000)).toBe(1);
});

it('an object whose queue has the name of something else is no reason to try for ever', async () => {
  const vhost = await openVhost();
  const connection = await amqp.connect(vhost.url);
  const channel = await connection.createChannel();
  await channel.assertQueue('heddle.sync.tokens.lock.taken', { durable: false });
  await connection.close();
  const lock = new Lock(await connect(vhost.url), 'taken');
  await expect(lock.acquire()).rejects.toMatchObject({
    name: 'RuntimeError',
    message: expect.stringMatching(/^lock\.taken cannot be made: .*PRECONDITION_FAILED/),
  });
});
