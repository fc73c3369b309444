import { randomUUID } from 'node:crypto';
import type { KeyedKind, SyncOutcome } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyObject, KeyedUser } from '../../../test/keyed-objects.ts';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../../test/open-test-store.ts';
import type { Store } from '../open-database.ts';
import { readSync } from './keep-report.ts';
import { forgetUnused } from './sweep-sync.ts';

describe.each(databaseKinds)('keyed objects on %s', (kind) => {
  let database: TestDatabase;
  const stores: Store[] = [];
  const told = new Map<string, SyncOutcome>();
  let a: KeyedUser;
  let b: KeyedUser;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    // Two recorders, where the database can have two.
    for (let n = 0; n < (kind === 'PostgreSQL' ? 2 : 1); n += 1) stores.push(await database.open());
    a = new KeyedUser(stores, 'a', told);
    b = new KeyedUser(stores, 'b', told);
  });
  afterAll(async () => {
    for (const { db } of stores) await db.destroy();
    await database.remove();
  });

  const aDatabase = (): Store['db'] => {
    const [store] = stores;
    if (!store) throw new Error('expected an open database');
    return store.db;
  };
  const aQueue = (of: KeyedKind, maxsize = 0) => ({ object: anyObject(of), maxsize });
  type QueueOf = ReturnType<typeof aQueue>;
  const put = (
    by: KeyedUser,
    to: QueueOf,
    value: unknown,
    { rank = '', wait = false, ticket = randomUUID() } = {},
  ) => by.ask({ is: 'put', ...to, ticket, value, rank, wait });
  const get = (by: KeyedUser, from: QueueOf, { wait = false, ticket = randomUUID() } = {}) =>
    by.ask({ is: 'get', ...from, ticket, wait });
  const valueOf = (outcome: SyncOutcome | undefined): unknown =>
    outcome?.is === 'got' ? outcome.value : outcome?.is;
  const drain = async (from: QueueOf): Promise<unknown[]> => {
    const values: unknown[] = [];
    for (let got = await get(a, from); got.is === 'got'; got = await get(a, from)) values.push(got.value);
    return values;
  };

  test('a queue gives the first, the last or the lowest, as its kind says', async () => {
    const fifo = aQueue('fifo-queue');
    const lifo = aQueue('lifo-queue');
    const lowest = aQueue('priority-queue');
    for (const [value, rank] of [
      [1, 'b'],
      [2, 'a'],
      [3, 'B'],
      [4, 'a'],
      [5, 'ä'],
    ] as const) {
      await put(a, fifo, value);
      await put(a, lifo, value);
      await put(a, lowest, value, { rank });
    }
    expect(await drain(fifo)).toEqual([1, 2, 3, 4, 5]);
    expect(await drain(lifo)).toEqual([5, 4, 3, 2, 1]);
    // By their bytes, whatever the database makes of languages.
    expect(await drain(lowest)).toEqual([3, 2, 4, 1, 5]);
  });

  test('a bound holds: who waits for room gets it in the order of coming', async () => {
    const queue = aQueue('fifo-queue', 1);
    expect((await put(a, queue, 1)).is).toBe('put');
    expect((await put(a, queue, 2)).is).toBe('full');
    const [first, second] = [randomUUID(), randomUUID()];
    expect((await put(b, queue, 3, { wait: true, ticket: first })).is).toBe('waiting');
    expect((await put(a, queue, 4, { wait: true, ticket: second })).is).toBe('waiting');
    expect(valueOf(await get(a, queue))).toBe(1);
    expect([b.told(first)?.is, a.told(second)?.is]).toEqual(['put', undefined]);
    expect(await drain(queue)).toEqual([3, 4]);
    expect(a.told(second)?.is).toBe('put');
    await expect(get(a, { ...queue, maxsize: 2 })).rejects.toMatchObject({ code: 'value_error' });
  });

  test('who waits for an item gets it in the order of coming, and asked again it is the same', async () => {
    const queue = aQueue('fifo-queue');
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    for (const [by, ticket] of [
      [a, first],
      [b, second],
      [a, third],
    ] as const) {
      expect((await get(by, queue, { wait: true, ticket })).is).toBe('waiting');
    }
    expect(await a.ask({ is: 'cancel', object: queue.object, ticket: first })).toEqual({ is: 'cancelled' });
    const ticket = randomUUID();
    await put(b, queue, 'x', { ticket });
    await put(b, queue, 'x', { ticket });
    expect([told.has(first), valueOf(told.get(second)), told.has(third)]).toEqual([false, 'x', false]);
    expect(valueOf(await get(b, queue, { wait: true, ticket: second }))).toBe('x');
  });

  test('a join waits for the last item that is done; what is given back or was taken by one who left comes back to its place', async () => {
    const queue = aQueue('fifo-queue');
    await put(a, queue, 1);
    await put(a, queue, 2);
    const joined = randomUUID();
    expect((await a.ask({ is: 'join', ...queue, ticket: joined })).is).toBe('waiting');
    const mine = randomUUID();
    const got = await get(a, queue, { ticket: mine });
    if (got.is !== 'got') throw new Error('expected an item');
    const taken = [{ item: got.item, ticket: mine }];
    const back = { is: 'give-back', ...queue, ticket: randomUUID(), taken } as const;
    expect(await a.ask(back)).toEqual({ is: 'settled', lost: [] });
    expect(await a.ask({ ...back, ticket: randomUUID() })).toEqual({ is: 'settled', lost: [got.item] });
    const lost = new KeyedUser(stores, 'lost', told);
    expect(valueOf(await get(lost, queue))).toBe(1);
    await lost.ask({ is: 'leave' });
    for (const value of [1, 2]) {
      expect(a.told(joined)).toBeUndefined();
      const ticket = randomUUID();
      const one = await get(b, queue, { ticket });
      if (one.is !== 'got') throw new Error('expected an item');
      expect(one.value).toBe(value);
      await b.ask({ is: 'done', ...queue, ticket: randomUUID(), taken: [{ item: one.item, ticket }] });
    }
    expect(a.told(joined)).toEqual({ is: 'joined' });
    expect(await a.ask({ is: 'size', ...queue })).toEqual({ is: 'size', ready: 0, unfinished: 0 });
  });

  test('a shutdown wakes who waits, leaves what is there, and drops it if that is asked for', async () => {
    const [full, empty] = [aQueue('lifo-queue', 1), aQueue('lifo-queue', 1)];
    await put(a, full, 1);
    const [putting, getting, joining] = [randomUUID(), randomUUID(), randomUUID()];
    await put(b, full, 2, { wait: true, ticket: putting });
    await get(b, empty, { wait: true, ticket: getting });
    await b.ask({ is: 'join', ...full, ticket: joining });
    for (const one of [full, empty]) await a.ask({ is: 'shut-down', ...one, immediate: false });
    expect([told.get(putting), told.get(getting)]).toEqual([{ is: 'shut-down' }, { is: 'shut-down' }]);
    expect((await put(a, full, 3)).is).toBe('shut-down');
    expect(told.has(joining)).toBe(false);
    await a.ask({ is: 'shut-down', ...full, immediate: true });
    expect(told.get(joining)).toEqual({ is: 'joined' });
    expect((await get(a, full)).is).toBe('shut-down');
    await a.ask({ is: 'delete', object: full.object });
    expect((await put(a, full, 4)).is).toBe('put');
  });

  test('a condition wakes those who have waited the longest, and another one in the place of one who left', async () => {
    const object = anyObject('condition');
    const waitAs = async (by: KeyedUser): Promise<string> => {
      const ticket = randomUUID();
      expect((await by.ask({ is: 'wait', object, ticket })).is).toBe('waiting');
      return ticket;
    };
    const gone = new KeyedUser(stores, 'gone', told);
    const lines = [await waitAs(gone), await waitAs(a), await waitAs(b), await waitAs(a)];
    const woken = () => lines.map((ticket) => told.get(ticket)?.is === 'woken');
    expect(await b.ask({ is: 'notify', object, count: 1 })).toEqual({ is: 'notified', count: 1 });
    expect(woken()).toEqual([true, false, false, false]);
    // It has not said that it knows.
    await gone.ask({ is: 'leave' });
    expect(woken()).toEqual([true, true, false, false]);
    // One that has said so keeps it.
    await a.ask({ is: 'cancel', object, ticket: lines[1] ?? '' });
    await a.ask({ is: 'notify', object, count: 1 }, [lines[1] ?? '']);
    expect(woken()).toEqual([true, true, true, false]);
    expect(await b.ask({ is: 'notify', object, count: null })).toEqual({ is: 'notified', count: 1 });
    expect(await b.ask({ is: 'notify', object, count: null })).toEqual({ is: 'notified', count: 0 });
    // Of one that has waited already nobody knows what it missed: better woken once too often.
    expect(await a.ask({ is: 'wait', object, ticket: randomUUID(), known: true })).toEqual({ is: 'woken' });
  });

  test('a barrier opens for all with the last, and breaks for all with one that gives up or leaves', async () => {
    const barrier = { object: anyObject('barrier'), parties: 2 };
    const come = (by: KeyedUser, ticket = randomUUID()) => by.ask({ is: 'pass', ...barrier, ticket });
    const look = (change: 'none' | 'abort' | 'reset' = 'none') =>
      a.ask({ is: 'barrier', ...barrier, change });
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    expect((await come(a, first)).is).toBe('waiting');
    expect(await come(b)).toEqual({ is: 'passed', index: 1 });
    expect(told.get(first)).toEqual({ is: 'passed', index: 0 });
    expect(await come(a, first)).toEqual({ is: 'passed', index: 0 });

    await come(a, second);
    expect(await look()).toEqual({ is: 'barrier', waiting: 1, broken: false });
    expect(await a.ask({ is: 'cancel', object: barrier.object, ticket: second })).toEqual({ is: 'broken' });
    expect((await come(b)).is).toBe('broken');
    expect(await look('reset')).toEqual({ is: 'barrier', waiting: 0, broken: false });

    const gone = new KeyedUser(stores, 'gone', told);
    await come(gone, third);
    await gone.ask({ is: 'leave' });
    expect(await look()).toEqual({ is: 'barrier', waiting: 0, broken: true });
    await look('reset');
    await look('abort');
    expect((await come(b)).is).toBe('broken');
  });

  test('who waits is shown by the name of its session', async () => {
    const queue = aQueue('fifo-queue');
    await get(b, queue, { wait: true });
    const { waiters } = await readSync(aDatabase(), Date.now());
    expect(waiters.filter(({ object }) => object === queue.object)).toMatchObject([
      { session: 'b', holds: [] },
    ]);
  });

  test('an object that is empty and unused is forgotten with its size, any other is not', async () => {
    const another = () => aQueue('fifo-queue', 3);
    const [unused, filled, lent, waited, closed] = [
      another(),
      another(),
      another(),
      another(),
      another(),
    ] as const;
    const barrier = { object: anyObject('barrier'), parties: 2 };
    for (const one of [unused, filled, lent, closed]) await put(a, one, 1);
    await get(a, waited, { wait: true });
    await get(a, lent);
    await a.ask({ is: 'shut-down', ...closed, immediate: true });
    await a.ask({ is: 'barrier', ...barrier, change: 'abort' });
    const ticket = randomUUID();
    const got = await get(a, unused, { ticket });
    if (got.is !== 'got') throw new Error('expected an item');
    const taken = [{ item: got.item, ticket }];
    await a.ask({ is: 'done', ...unused, ticket: randomUUID(), taken });
    const db = aDatabase();
    const objects = async () =>
      new Set((await db.selectFrom('sync_objects').select('object').execute()).map(({ object }) => object));
    expect(await forgetUnused(db, Date.now() - 60_000, 100)).toBe(0);
    while ((await forgetUnused(db, Date.now() + 1, 1)) > 0);
    const left = await objects();
    expect(left.has(unused.object)).toBe(false);
    for (const one of [filled, lent, waited, closed]) expect(left.has(one.object)).toBe(true);
    expect(left.has(barrier.object)).toBe(true);
    expect((await put(a, { ...unused, maxsize: 7 }, 1)).is).toBe('put');
  });
});
