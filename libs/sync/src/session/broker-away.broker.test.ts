import { Empty } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { openSessions, type SyncSessions } from '../../test/sync-sessions.ts';
import { Lock } from '../lock.ts';
import { SimpleQueue } from '../simple-queue.ts';
import { SyncSession } from './sync-session.ts';

let sessions: SyncSessions;
let proxy: TcpProxy;
let session: SyncSession;

beforeAll(async () => {
  sessions = await openSessions();
  proxy = await startTcpProxy(sessions.vhost.url);
});
afterEach(() => session?.close());
afterAll(async () => {
  await proxy?.close();
  await sessions?.stop();
});

const reason = new Error('enough');

describe('a wait ends with its signal', () => {
  // Less than what is waited for a connection.
  it('and with its timeout while the broker is away, and takes nothing later', {
    timeout: 25_000,
  }, async () => {
    session = await SyncSession.connect({ url: proxy.url });
    const [lock, queue] = [new Lock(session, 'away'), new SimpleQueue<number>(session, 'away')];
    await queue.put(1);
    await (await lock.acquire()).release();
    proxy.refuse(true);
    proxy.reset();
    const stopping = new AbortController();
    const { signal } = stopping;
    const waits = [lock.acquire({ signal }), queue.get({ signal }), queue.take({ signal })];
    stopping.abort(reason);
    for (const wait of waits) await expect(wait).rejects.toBe(reason);
    expect(await lock.acquire({ timeout: 30 })).toBeUndefined();
    await expect(queue.get({ timeout: 30 })).rejects.toThrow(Empty);
    proxy.refuse(false);
    expect(await queue.get()).toBe(1);
    await (await lock.acquire()).release();
    expect(await lock.locked()).toBe(false);
  });

  it('while the broker is frozen', { timeout: 40_000 }, async () => {
    const holder = await new Lock(await sessions.connect(), 'frozen').acquire();
    // With this heartbeat nobody notices it before the test is over.
    session = await SyncSession.connect({ url: proxy.url, heartbeatSeconds: 60 });
    const [lock, queue] = [new Lock(session, 'frozen'), new SimpleQueue<number>(session, 'frozen')];
    expect([await lock.locked(), await queue.empty()]).toEqual([true, true]);
    const stopping = new AbortController();
    const { signal } = stopping;
    const waits = [lock.acquire({ signal }), queue.get({ signal })];
    await sessions.consumersOf('heddle.sync.items.queue.frozen', 1);
    await sessions.consumersOf('heddle.sync.tokens.lock.frozen', 2);
    proxy.hold();
    stopping.abort(reason);
    for (const wait of waits) await expect(wait).rejects.toBe(reason);
    proxy.release();
    await queue.put(1);
    expect(await queue.get()).toBe(1);
    await holder.release();
    await (await lock.acquire()).release();
  });
});

it('what is on its way when its connection goes may have arrived, and is not called refused', async () => {
  session = await SyncSession.connect({ url: proxy.url, heartbeatSeconds: 60 });
  const queue = new SimpleQueue<number>(session, 'on-its-way');
  await queue.put(1);
  const before = proxy.forwarded['to-broker'];
  proxy.hold('to-client');
  const put = queue.put(2);
  put.catch(() => {});
  await expect.poll(() => proxy.forwarded['to-broker']).toBeGreaterThan(before);
  proxy.reset();
  proxy.release();
  await expect(put).rejects.toMatchObject({
    code: 'broker_unavailable',
    message: expect.stringContaining('may have arrived'),
  });
});

it('a session that has published to a broker that is frozen ends all the same', async () => {
  session = await SyncSession.connect({ url: proxy.url, heartbeatSeconds: 60 });
  await new SimpleQueue<number>(session, 'closing').put(1);
  proxy.hold();
  onTestFinished(() => proxy.release());
  await session.close();
});
