import { LeaseLostError, RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSessions, type SyncSessions } from '../test/sync-sessions.ts';
import { RLock } from './rlock.ts';

let sessions: SyncSessions;

beforeAll(async () => {
  sessions = await openSessions();
});
afterEach(() => sessions.end());
afterAll(() => sessions.stop());

const rlock = async (name: string) => new RLock(await sessions.connect(), name);

/** Fails if two are in it at the same time. */
function oneAtATime(): () => Promise<void> {
  let inside = 0;
  return async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(inside).toBe(1);
    inside -= 1;
  };
}

describe('a re-entrant lock', () => {
  it('is acquired again by its holder, and free after as many releases', async () => {
    const [lock, other] = [await rlock('again'), await rlock('again')];
    const outer = await lock.acquire();
    const inner = await lock.acquire({ timeout: 100 });
    expect(inner?.fence).toBe(outer.fence);
    expect(await other.acquire({ blocking: false })).toBeUndefined();
    await lock.release();
    expect(inner?.held).toBe(false);
    expect(await other.locked()).toBe(true);
    await lock.release();
    // Another session's question may overtake the release on its way through the broker.
    await vi.waitFor(async () => expect(await other.locked()).toBe(false), { timeout: 30_000 });
    const next = await other.acquire();
    expect(next.fence).toBeGreaterThan(outer.fence);
    await next.release();
  });

  it('is the same lock by every object of its name on a session', async () => {
    const session = await sessions.connect();
    const [one, same] = [new RLock(session, 'same'), new RLock(session, 'same')];
    const lease = await one.acquire();
    expect(same.owned()).toBe(true);
    const again = await same.acquire({ timeout: 100 });
    await again?.release();
    await lease.release();
    expect(same.owned()).toBe(false);
  });

  it('is released too often by nobody', async () => {
    const lock = await rlock('often');
    await expect(lock.release()).rejects.toThrow(new RuntimeError('cannot release un-acquired lock'));
    const lease = await lock.acquire();
    await lease.release();
    await expect(lease.release()).rejects.toThrow(RuntimeError);
    await expect(lock.release()).rejects.toThrow(RuntimeError);
  });

  it('is released by the end of each block that acquired it', async () => {
    const lock = await rlock('blocks');
    const outer = await lock.acquire();
    const inner = await lock.acquire();
    // What the ends of `await using` blocks call.
    await inner[Symbol.asyncDispose]();
    expect(await lock.locked()).toBe(true);
    await outer[Symbol.asyncDispose]();
    expect(await lock.locked()).toBe(false);
    await expect(lock.run(() => lock.run(() => Promise.reject(new Error('mine'))))).rejects.toThrow('mine');
    expect(await lock.locked()).toBe(false);
  });

  it('is not entered by another context of the same process', async () => {
    const lock = await rlock('contexts');
    const work = oneAtATime();
    await Promise.all([1, 2, 3].map(() => lock.run(() => lock.run(work))));
    expect(lock.owned()).toBe(false);
    const acquiring = async () => {
      const lease = await lock.acquire();
      expect(lock.owned()).toBe(true);
      const again = await lock.acquire();
      await work();
      await again.release();
      await lease.release();
    };
    await Promise.all([acquiring(), acquiring(), acquiring()]);
  });

  it('is held beside others by one context', async () => {
    const [a, b] = [await rlock('a'), await rlock('b')];
    const leases = await Promise.all([a.acquire(), b.acquire()]);
    await a.run(() => b.run(() => expect([a.owned(), b.owned()]).toEqual([true, true])));
    for (const lease of leases) await lease.release();
  });

  it('is not released by a context that does not have it', async () => {
    const lock = await rlock('foreign');
    let free = (): void => {};
    let running: Promise<void> | undefined;
    await new Promise<void>((resolve) => {
      running = lock.run(() => {
        resolve();
        return new Promise<void>((done) => {
          free = done;
        });
      });
    });
    expect(lock.owned()).toBe(false);
    await expect(lock.release()).rejects.toThrow(RuntimeError);
    free();
    await running;
  });

  it('is lost by all its acquires at once, and waited for anew', async () => {
    const lock = new RLock(await sessions.connect(), 'lost', { longestHold: 200 });
    const outer = await lock.acquire();
    const inner = await lock.acquire();
    await expect.poll(() => inner.signal.aborted).toBe(true);
    expect([outer.held, inner.held, lock.owned()]).toEqual([false, false, false]);
    await expect(inner.release()).rejects.toThrow(LeaseLostError);
    const next = await lock.acquire();
    expect(next.fence).toBeGreaterThan(outer.fence);
    await next.release();
  });

  it('refuses the timeouts that Python refuses', async () => {
    const lock = await rlock('values');
    await expect(lock.acquire({ timeout: -5 })).rejects.toThrow(ValueError);
    await expect(lock.acquire({ blocking: false, timeout: 1 })).rejects.toThrow(ValueError);
    expect(() => new RLock(undefined as never, 'a b')).toThrow(ValueError);
  });
});
