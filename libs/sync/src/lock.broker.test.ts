import { setImmediate as nextTurn } from 'node:timers/promises';
import { LeaseLostError, RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RemoteLease } from '../test/sync-process.ts';
import { openSessions, type SyncSessions } from '../test/sync-sessions.ts';
import { Lock } from './lock.ts';

let sessions: SyncSessions;

beforeAll(async () => {
  sessions = await openSessions();
});
afterEach(() => sessions.end());
afterAll(() => sessions.stop());

const connect = () => sessions.connect();

describe('a lock', () => {
  it('is held by one at a time, wherever they are', async () => {
    const [a, b] = [new Lock(await connect(), 'one'), new Lock(await connect(), 'one')];
    expect(await a.locked()).toBe(false);
    const lease = await a.acquire();
    expect(await b.locked()).toBe(true);
    expect(await b.acquire({ blocking: false })).toBeUndefined();
    expect(await a.acquire({ blocking: false })).toBeUndefined();
    await lease.release();
    // Another session's question may overtake the release on its way through the broker.
    await vi.waitFor(async () => expect(await b.locked()).toBe(false), { timeout: 30_000 });
    const next = await b.acquire({ blocking: false });
    expect(next?.fence).toBeGreaterThan(lease.fence);
    await next?.release();
  });

  it('goes to those who wait in the order in which they came', async () => {
    const locks = await Promise.all([1, 2, 3].map(async () => new Lock(await connect(), 'line')));
    const first = await locks[0]?.acquire();
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (const [index, lock] of locks.entries()) {
      waiting.push(
        lock.run((lease) => {
          order.push(index);
          expect(lease.held).toBe(true);
        }),
      );
      // The holder consumes too.
      await sessions.consumersOf('heddle.sync.tokens.lock.line', index + 2);
    }
    await first?.release();
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2]);
  });

  it('is not given to one who has stopped waiting', async () => {
    const lock = new Lock(await connect(), 'timeout');
    const lease = await lock.acquire();
    expect(await lock.acquire({ timeout: 50 })).toBeUndefined();
    const signal = AbortSignal.timeout(50);
    await expect(lock.acquire({ signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    // Also before it stands in the line, and before the broker has answered that it does.
    const other = new Lock(await connect(), 'timeout');
    for (const turns of [0, 0, 1, 2, 3, 4, 6, 8]) {
      const ending = new AbortController();
      const refused = expect(other.acquire({ signal: ending.signal })).rejects.toThrow('ended');
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      ending.abort(new Error('ended'));
      await refused;
    }
    // The holder consumes too; a consumer that stayed behind would take the lock and nobody have it.
    await sessions.consumersOf('heddle.sync.tokens.lock.timeout', 1);
    await lease.release();
    const next = await lock.acquire({ timeout: '60s' });
    expect(next).toBeDefined();
  });

  it('refuses the timeouts that Python refuses', async () => {
    const lock = new Lock(await connect(), 'values');
    await expect(lock.acquire({ timeout: -5 })).rejects.toThrow(ValueError);
    await expect(lock.acquire({ blocking: false, timeout: 1 })).rejects.toThrow(ValueError);
    const lease = await lock.acquire({ timeout: -1 });
    await lease?.release();
  });

  it('is released once', async () => {
    const lease = await new Lock(await connect(), 'twice').acquire();
    await lease.release();
    await expect(lease.release()).rejects.toThrow(RuntimeError);
  });

  it('is released when its function ends, however that is', async () => {
    const lock = new Lock(await connect(), 'run');
    expect(await lock.run(({ fence }) => fence > 0)).toBe(true);
    await expect(lock.run(() => Promise.reject(new Error('of the caller')))).rejects.toThrow('of the caller');
    expect(await lock.locked()).toBe(false);
    const lease = await lock.acquire();
    // What the end of an `await using` block calls.
    await lease[Symbol.asyncDispose]();
    expect(await lock.locked()).toBe(false);
  });

  it.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(101), 7 as never])('cannot be called %j', async (name) => {
    const session = await connect();
    expect(() => new Lock(session, name)).toThrow(ValueError);
  });

  it('is lost after its longest hold', async () => {
    const session = await connect();
    const lock = new Lock(session, 'hold', { longestHold: 150 });
    const lease = await lock.acquire();
    const next = await lock.acquire();
    expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
    await expect(lease.release()).rejects.toThrow(LeaseLostError);
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(() => new Lock(session, 'hold', { longestHold: 50 })).toThrow(ValueError);
  });

  it('is lost with its connection, and waited for over the loss of one', async () => {
    const lock = new Lock(await connect(), 'lost');
    const lease = await lock.acquire();
    const waiting = lock.acquire();
    await expect.poll(() => sessions.vhost.countConnections()).toBeGreaterThan(0);
    await sessions.vhost.closeConnections();
    const next = await waiting;
    expect(lease.signal.aborted).toBe(true);
    expect(lease.held).toBe(false);
    expect(next.fence).toBeGreaterThan(lease.fence);
    await expect(lock.run(() => 1, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('is made anew, with greater fences, when somebody has deleted its queue', async () => {
    const session = await connect();
    const lock = new Lock(session, 'deleted');
    const lease = await lock.acquire();
    await sessions.deleteQueue('heddle.sync.tokens.lock.deleted');
    await expect.poll(() => lease.signal.aborted).toBe(true);
    const next = await lock.acquire();
    expect(next.fence).toBeGreaterThan(lease.fence);
  });
});

describe('between processes', () => {
  it('a holder that is killed gives it back at once', async () => {
    // Its heartbeat would tell after two minutes, when this test has long failed.
    const holder = await sessions.start(60);
    const held = await holder.ask<RemoteLease>({ do: 'acquire', kind: 'lock', name: 'killed' });
    const lock = new Lock(await connect(), 'killed');
    const waiting = lock.acquire();
    await holder.kill();
    const lease = await waiting;
    expect(lease.fence).toBeGreaterThan(held.fence);
  });

  it('many seed a lock at the same time, and make one token', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => sessions.start(60)));
    const granted: RemoteLease[] = [];
    const asked = all.map(async (one) => {
      granted.push(await one.ask<RemoteLease>({ do: 'acquire', kind: 'lock', name: 'seeded' }));
    });
    await Promise.race(asked);
    // The holder consumes too.
    await sessions.consumersOf('heddle.sync.tokens.lock.seeded', 4);
    const lock = new Lock(await connect(), 'seeded');
    expect(await lock.acquire({ blocking: false })).toBeUndefined();
    expect(granted).toHaveLength(1);
  });
});
