import { RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RemoteLease } from '../test/sync-process.ts';
import { openSessions, type SyncSessions } from '../test/sync-sessions.ts';
import { BoundedSemaphore, Semaphore } from './semaphore.ts';

let sessions: SyncSessions;

beforeAll(async () => {
  sessions = await openSessions();
});
afterEach(() => sessions.end());
afterAll(() => sessions.stop());

const connect = () => sessions.connect();

describe('a semaphore', () => {
  it('lets so many in, and no more', async () => {
    const [a, b] = [new Semaphore(await connect(), 'door', 3), new Semaphore(await connect(), 'door', 3)];
    const leases = await Promise.all([a.acquire(), b.acquire(), b.acquire()]);
    expect(new Set(leases.map(({ fence }) => fence)).size).toBe(3);
    expect(await a.acquire({ blocking: false })).toBeUndefined();
    expect(await a.value()).toBe(0);
    const waiting = a.acquire();
    await leases[1]?.release();
    await (await waiting).release();
    // The broker counts it a moment later.
    await expect.poll(() => a.value()).toBe(1);
  });

  it('begins with none, takes more, and lets them be used up', async () => {
    const items = new Semaphore(await connect(), 'items', 0);
    expect(await items.acquire({ timeout: 50 })).toBeUndefined();
    await items.release(2);
    await (await items.acquire()).consume();
    const lease = await items.acquire();
    await lease.consume();
    await expect(lease.release()).rejects.toThrow(RuntimeError);
    expect(await items.value()).toBe(0);
    await expect(items.release(0)).rejects.toThrow(ValueError);
  });

  it('takes a negative timeout for none at all, as Python does', async () => {
    const semaphore = new Semaphore(await connect(), 'negative', 1);
    const lease = await semaphore.acquire({ timeout: -1 });
    expect(await semaphore.acquire({ timeout: -1 })).toBeUndefined();
    await expect(semaphore.acquire({ blocking: false, timeout: 5 })).rejects.toThrow(ValueError);
    await lease?.release();
  });

  it('has one number of permits for all, a whole one', async () => {
    const session = await connect();
    await new Semaphore(session, 'number', 2).value();
    await expect(new Semaphore(await connect(), 'number', 3).acquire()).rejects.toThrow(ValueError);
    // By the same session, too, also when both come first.
    await expect(new Semaphore(session, 'number', 3).acquire()).rejects.toThrow(ValueError);
    const [first, second] = [new Semaphore(session, 'numbers', 2), new Semaphore(session, 'numbers', 3)];
    await Promise.all([first.value(), expect(second.acquire()).rejects.toThrow(ValueError)]);
    expect(await first.value()).toBe(2);
    for (const value of [-1, 1.5, 3_000])
      expect(() => new Semaphore(session, 'x', value)).toThrow(ValueError);
  });
});

describe('a bounded semaphore', () => {
  it('refuses to be released too many times', async () => {
    const semaphore = new BoundedSemaphore(await connect(), 'bounded', 2);
    await expect(semaphore.release()).rejects.toThrow(new ValueError('semaphore released too many times'));
    await semaphore.acquire();
    await semaphore.run(async (lease) => expect(lease.held).toBe(true));
    await semaphore.release();
    await expect(semaphore.release()).rejects.toThrow(ValueError);
    await expect.poll(() => semaphore.value()).toBe(2);
  });
});

describe('between processes', () => {
  it('one that is frozen loses its permit, and learns of it', async () => {
    const frozen = await sessions.start();
    const held = await frozen.ask<RemoteLease>({ do: 'acquire', kind: 'lock', name: 'frozen' });
    frozen.freeze();
    const next = await (await sessions.start()).ask<RemoteLease>({
      do: 'acquire',
      kind: 'lock',
      name: 'frozen',
    });
    expect(next.fence).toBeGreaterThan(held.fence);
    frozen.thaw();
    await expect.poll(() => frozen.news).toEqual([held.id]);
    await expect(frozen.ask({ do: 'release', id: held.id })).rejects.toThrow('LeaseLostError');
  });

  it('permits of those that are killed come back, each once', async () => {
    const semaphore = new Semaphore(await connect(), 'killed', 4);
    const all = await Promise.all([1, 2].map(() => sessions.start(60)));
    const ask = { do: 'acquire', kind: 'semaphore', name: 'killed', value: 4 } as const;
    await Promise.all(all.flatMap((one) => [one.ask(ask), one.ask(ask)]));
    expect(await semaphore.value()).toBe(0);
    await Promise.all(all.map((one) => one.kill()));
    await expect.poll(() => semaphore.value()).toBe(4);
  });
});
