import { HeddleError, RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSessions, type SyncSessions } from '../test/sync-sessions.ts';
import { Event } from './event.ts';

let sessions: SyncSessions;

beforeAll(async () => {
  sessions = await openSessions();
});
afterEach(() => sessions.end());
afterAll(() => sessions.stop());

const event = async (name: string) => new Event(await sessions.connect(), name);

describe('an event', () => {
  it('is clear at first, set by set, clear by clear, for all', async () => {
    const [a, b] = [await event('flag'), await event('flag')];
    expect(await a.isSet()).toBe(false);
    await a.set();
    expect(await a.isSet()).toBe(true);
    expect(await b.isSet()).toBe(true);
    await b.set();
    await b.clear();
    expect(await b.isSet()).toBe(false);
    expect(await a.isSet()).toBe(false);
    const later = await event('flag');
    expect(await later.isSet()).toBe(false);
  });

  it('wakes all who wait, and lets through who comes when it is set', async () => {
    const [a, b, c] = [await event('wake'), await event('wake'), await event('wake')];
    const waiting = [a.wait(), b.wait('60s'), b.wait()];
    await c.set();
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(await a.wait(0)).toBe(true);
    expect(await a.wait(60_000)).toBe(true);
  });

  it('gives false after the timeout, a negative one at once', async () => {
    const flag = await event('timeout');
    expect(await flag.wait(50)).toBe(false);
    expect(await flag.wait(-1)).toBe(false);
    await expect(flag.wait('soon')).rejects.toThrow(ValueError);
  });

  it('wakes who waits also when it is cleared at once', async () => {
    const [a, b] = [await event('pulse'), await event('pulse')];
    await a.isSet();
    const waiting = a.wait('60s');
    await b.set();
    await b.clear();
    expect(await waiting).toBe(true);
    expect(await a.isSet()).toBe(false);
  });

  it('is heard by who waits over the loss of the connection', async () => {
    const [a, b] = [await event('lost'), await event('lost')];
    await a.isSet();
    const waiting = a.wait('60s');
    await sessions.vhost.closeConnections();
    await b.set();
    await b.clear();
    expect(await waiting).toBe(true);
  });

  it('keeps what it is through many changes', async () => {
    const flag = await event('many');
    // More than the broker sends at once.
    await Promise.all(Array.from({ length: 250 }, () => flag.set()));
    await flag.clear();
    expect(await (await event('many')).isSet()).toBe(false);
    await flag.close();
    expect(await flag.isSet()).toBe(false);
  });

  it('tells who waits when it or its session is closed', async () => {
    const flag = await event('closed');
    await flag.isSet();
    const closed = expect(flag.wait()).rejects.toThrow(RuntimeError);
    await flag.close();
    await closed;
    const again = expect(flag.wait()).rejects.toThrow(HeddleError);
    await sessions.end();
    await again;
  });
});
