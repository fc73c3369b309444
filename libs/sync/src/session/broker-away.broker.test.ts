import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { startTcpProxy, type TcpProxy } from '../../../../test/support/tcp-proxy.ts';
import { Lock } from '../lock.ts';
import { SimpleQueue } from '../simple-queue.ts';
import { SyncSession } from './sync-session.ts';

let vhost: TestVhost;
let proxy: TcpProxy;
let session: SyncSession;

beforeAll(async () => {
  vhost = await createVhost();
  proxy = await startTcpProxy(vhost.url);
  session = await SyncSession.connect({ url: proxy.url });
});
afterAll(async () => {
  await session?.close();
  await proxy?.close();
  await vhost?.drop();
});

describe('a wait while the broker is away', () => {
  // Less than what it waits for a connection: the signal is heard at once.
  it('ends with its signal, and takes nothing later', { timeout: 25_000 }, async () => {
    const lock = new Lock(session, 'away');
    const queue = new SimpleQueue<number>(session, 'away');
    await queue.put(1);
    await (await lock.acquire()).release();
    proxy.refuse(true);
    proxy.reset();
    const stopping = new AbortController();
    const { signal } = stopping;
    const waits = [lock.acquire({ signal }), queue.get({ signal }), queue.take({ signal })];
    const reason = new Error('enough');
    stopping.abort(reason);
    for (const wait of waits) await expect(wait).rejects.toBe(reason);
    const before = proxy.refused;
    await expect.poll(() => proxy.refused).toBeGreaterThan(before);
    proxy.refuse(false);
    expect(await queue.get()).toBe(1);
    await (await lock.acquire()).release();
    expect(await lock.locked()).toBe(false);
  });
});
