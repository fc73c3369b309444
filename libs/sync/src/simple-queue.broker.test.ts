import { setImmediate as nextTurn } from 'node:timers/promises';
import { Empty, HeddleError, LeaseLostError, RuntimeError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSessions, type SyncSessions } from '../test/sync-sessions.ts';
import { SimpleQueue } from './simple-queue.ts';

let sessions: SyncSessions;

beforeAll(async () => {
  sessions = await openSessions();
});
afterEach(() => sessions.end());
afterAll(() => sessions.stop());

const queue = async <T = number>(name: string) => new SimpleQueue<T>(await sessions.connect(), name);

describe('a simple queue', () => {
  it('gives items in the order in which they were put, whoever asks', async () => {
    const [a, b] = [await queue('order'), await queue('order')];
    for (const item of [1, 2, 3, 4]) await a.put(item);
    expect(await a.qsize()).toBe(4);
    expect([await a.get(), await b.get(), await a.get(), await b.getNowait()]).toEqual([1, 2, 3, 4]);
    expect(await a.qsize()).toBe(0);
    expect(await b.empty()).toBe(true);
  });

  it('takes whatever JSON can say, and nothing else', async () => {
    const any = await queue<unknown>('any');
    for (const item of [null, 0, '', [1, { a: 'ä' }], false]) {
      await any.putNowait(item);
      expect(await any.get()).toEqual(item);
    }
    const circle: unknown[] = [];
    circle.push(circle);
    for (const item of [undefined, () => 1, circle, 1n]) {
      await expect(any.put(item)).rejects.toThrow(ValueError);
    }
    await expect(any.put('x'.repeat(17_000_000))).rejects.toThrow(HeddleError);
  });

  it('makes who asks wait for an item', async () => {
    const [a, b] = [await queue('wait'), await queue('wait')];
    await a.qsize();
    const got = a.get();
    await sessions.consumersOf('heddle.sync.items.queue.wait', 1);
    await b.put(7);
    expect(await got).toBe(7);
  });

  it('is Empty at once without waiting, and after the timeout with it', async () => {
    const q = await queue('empty');
    await expect(q.getNowait()).rejects.toThrow(Empty);
    await expect(q.get({ block: false, timeout: -3 })).rejects.toThrow(Empty);
    await expect(q.get({ timeout: 40 })).rejects.toThrow(Empty);
    await expect(q.get({ timeout: 0 })).rejects.toThrow(Empty);
    await expect(q.get({ signal: AbortSignal.timeout(40) })).rejects.toThrow(/abort/i);
    await q.put(1);
    expect(await q.get({ timeout: '60s' })).toBe(1);
    const other = await queue('empty');
    for (const turns of [0, 0, 1, 2, 3, 4, 6, 8]) {
      const ending = new AbortController();
      const refused = expect(other.get({ signal: ending.signal })).rejects.toThrow('ended');
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      ending.abort(new Error('ended'));
      await refused;
    }
    await q.close();
    // Nobody is left behind who would keep an item.
    await sessions.consumersOf('heddle.sync.items.queue.empty', 0);
  });

  it('keeps what it has given when it is asked with a signal that was aborted before', async () => {
    const q = await queue('aborted');
    await q.put(1);
    await q.get();
    await expect(q.get({ signal: AbortSignal.abort() })).rejects.toThrow();
    await q.taskDone();
  });

  it('keeps the order of what is put without waiting for each, from the first use on', async () => {
    const q = await queue('burst');
    const items = Array.from({ length: 2_500 }, (_, n) => n);
    await Promise.all(items.map((n) => q.put(n)));
    const got: number[] = [];
    for (let n = 0; n < 100; n += 1) got.push(await q.get());
    expect(got).toEqual(items.slice(0, 100));
    expect(await q.qsize()).toBe(2_400);
  });

  it('refuses negative timeouts and bad names', async () => {
    const q = await queue('values');
    await expect(q.get({ timeout: -1 })).rejects.toThrow(ValueError);
    await expect(q.get({ timeout: 'soon' })).rejects.toThrow(ValueError);
    const session = await sessions.connect();
    for (const name of ['', 'a b', 'x'.repeat(101)]) {
      expect(() => new SimpleQueue(session, name)).toThrow(ValueError);
    }
  });

  it('gives each item to one of many who ask at the same time', async () => {
    const [a, b] = [await queue('many'), await queue('many')];
    const items = Array.from({ length: 40 }, (_, n) => n);
    const got = Promise.all(items.map((n) => (n % 2 === 0 ? a : b).get()));
    await Promise.all(items.map((n) => a.put(n)));
    expect((await got).toSorted((x, y) => x - y)).toEqual(items);
    await a.close();
    await b.close();
    expect(await (await queue('many')).empty()).toBe(true);
  });

  it('has an item back that was taken over a connection that was lost', async () => {
    const q = await queue('lost');
    await q.put(1);
    expect(await q.get()).toBe(1);
    await expect.poll(() => sessions.vhost.countConnections()).toBeGreaterThan(0);
    await sessions.vhost.closeConnections();
    expect(await q.get({ timeout: '60s' })).toBe(1);
  });

  it('goes on giving to who waits when a connection was lost', async () => {
    const [a, b] = [await queue('again'), await queue('again')];
    await a.qsize();
    const got = a.get();
    await sessions.consumersOf('heddle.sync.items.queue.again', 1);
    await sessions.vhost.closeConnections();
    await b.put(5);
    expect(await got).toBe(5);
  });

  it('keeps nothing back from a session that has closed in good order', async () => {
    const session = await sessions.connect();
    const q = new SimpleQueue<number>(session, 'close');
    await q.put(1);
    await q.put(2);
    expect(await q.get()).toBe(1);
    await session.close();
    const other = await queue('close');
    expect(await other.get()).toBe(2);
    expect(await other.empty()).toBe(true);
  });

  it('knows too many calls of taskDone', async () => {
    const q = await queue('done');
    await q.put(1);
    await q.get();
    await q.taskDone();
    await expect(q.taskDone()).rejects.toThrow(new ValueError('task_done() called too many times'));
  });

  it('has items that are done when one says so, and come back in front when one does not', async () => {
    const q = await queue('take');
    await q.put(1);
    await q.put(2);
    const taken = await q.take();
    await taken.putBack();
    await expect.poll(() => q.qsize()).toBe(2);
    await expect(taken.done()).rejects.toThrow(RuntimeError);
    const again = await q.take();
    expect(again.value).toBe(1);
    await again.done();
    const last = await q.take();
    expect(last.value).toBe(2);
    // What the end of an `await using` block calls.
    await last[Symbol.asyncDispose]();
    await expect.poll(() => q.qsize()).toBe(1);
    const lost = await q.take();
    await sessions.vhost.closeConnections();
    await expect.poll(() => q.qsize()).toBe(1);
    await expect(lost.done()).rejects.toThrow(LeaseLostError);
  });

  it('drops what somebody else has put who does not speak JSON, and says so', async () => {
    const q = await queue('foreign');
    await q.qsize();
    await sessions.publish('queue.foreign', Buffer.from('{'));
    await expect(q.get()).rejects.toThrow(HeddleError);
    await expect(q.getNowait()).rejects.toThrow(Empty);
  });
});
