import { RecorderClient } from '@heddle/client';
import { Empty, Full, ShutDown, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '../../../../test/support/broker.ts';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
import { LifoQueue, PriorityQueue, Queue } from './queues.ts';

let stack: KeyedStack;

beforeAll(async () => {
  stack = await openKeyedStack();
});
afterEach(() => stack.end());
afterAll(() => stack.stop());

const fifo = async <T>(name: string, maxsize = 0) => new Queue<T>(await stack.connect(), name, { maxsize });

/** Who waits, as the recorder knows. */
async function waits({ connectBroker }: KeyedStack) {
  const broker = await connectBroker();
  const { waiters } = await new RecorderClient(broker).ask({ op: 'sync-view' });
  await broker.close();
  return waiters;
}

async function drain<T>(queue: Queue<T>): Promise<T[]> {
  const items: T[] = [];
  while (!(await queue.empty())) items.push(await queue.getNowait());
  return items;
}

describe('a queue', () => {
  it('gives what was put first, wherever that was', async () => {
    const [here, there] = [await fifo('fifo'), await fifo('fifo')];
    for (const item of [1, 'two', { three: [3] }, null]) await here.put(item);
    expect(await there.qsize()).toBe(4);
    expect(await drain(there)).toEqual([1, 'two', { three: [3] }, null]);
    expect([await here.empty(), await here.full()]).toEqual([true, false]);
  });

  it('gives what was put last, if it is a LifoQueue', async () => {
    const queue = new LifoQueue<number>(await stack.connect(), 'lifo');
    for (const item of [1, 2, 3]) await queue.put(item);
    expect(await drain(queue)).toEqual([3, 2, 1]);
  });

  it('gives the lowest first, if it is a PriorityQueue', async () => {
    const queue = new PriorityQueue<unknown>(await stack.connect(), 'priority');
    for (const item of [
      [2, 'b'],
      [10, {}],
      [-1.5, 'z'],
      [2, 'a'],
      [2, 'a', 1],
    ])
      await queue.put(item);
    expect(await drain(queue)).toEqual([
      [-1.5, 'z'],
      [2, 'a'],
      [2, 'a', 1],
      [2, 'b'],
      [10, {}],
    ]);
    for (const item of [
      ['same', { n: 1 }],
      ['same', { n: 0 }],
    ])
      await queue.put(item);
    expect(await drain(queue)).toEqual([
      ['same', { n: 1 }],
      ['same', { n: 0 }],
    ]);
    await expect(queue.put({ no: 'order' })).rejects.toThrow(ValueError);
  });

  it('never holds more than its maxsize, however many put at once', async () => {
    const processes = await Promise.all([stack.start(60), stack.start(60)]);
    const puts = processes.flatMap((one) =>
      Array.from({ length: 10 }, (_, item) =>
        one.ask({ kind: 'fifo', name: 'exact', size: 5, call: 'putNowait', args: [item] }),
      ),
    );
    const ended = await Promise.allSettled(puts);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Error).name] : []));
    expect(new Set(refused)).toEqual(new Set(['Full']));
    const queue = await fifo('exact', 5);
    expect([await queue.qsize(), await queue.full()]).toEqual([5, true]);
  });

  it('lets a put wait for room and a get for an item, in the order in which they came', async () => {
    const [a, b] = [await fifo<number>('waits', 1), await fifo<number>('waits', 1)];
    const got = [a.get(), b.get()];
    await b.put(1);
    await a.put(2);
    expect(new Set(await Promise.all(got))).toEqual(new Set([1, 2]));
    await a.put(3);
    const waiting = b.put(4);
    expect(await a.get()).toBe(3);
    await waiting;
    expect(await a.getNowait()).toBe(4);
  });

  it('throws Full and Empty at once or after the timeout, and the reason of a signal', async () => {
    const queue = await fifo<number>('full', 1);
    await expect(queue.getNowait()).rejects.toThrow(Empty);
    await expect(queue.get({ timeout: 30 })).rejects.toThrow(Empty);
    await queue.put(1);
    await expect(queue.putNowait(2)).rejects.toThrow(Full);
    await expect(queue.put(2, { timeout: '30ms' })).rejects.toThrow(Full);
    await expect(queue.put(2, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(await queue.get()).toBe(1);
    // None of those who gave up has left anything behind.
    expect(await queue.qsize()).toBe(0);
    await queue.put(5, { block: false, timeout: -1 });
    expect(await queue.get({ timeout: 60_000 })).toBe(5);
  });

  it('is joined when every item is done, and not before', async () => {
    const [here, there] = [await fifo<number>('join'), await fifo<number>('join')];
    await here.join();
    await here.put(1);
    await here.put(2);
    let joined = false;
    const join = here.join().then(() => (joined = true));
    await there.get();
    await there.taskDone();
    await there.get();
    expect([await there.qsize(), joined]).toEqual([0, false]);
    await there.taskDone();
    await join;
    await expect(there.taskDone()).rejects.toThrow(ValueError);
  });

  it('says itself which of several items is done, or gives it back', async () => {
    const queue = await fifo<string>('take');
    for (const item of ['a', 'b']) await queue.put(item);
    const [a, b] = [await queue.take(), await queue.take()];
    await b.done();
    await a.putBack();
    await expect(a.done()).rejects.toMatchObject({ name: 'RuntimeError' });
    expect(await queue.get()).toBe('a');
  });

  it('gives what is left after a shutdown, and wakes who waits', async () => {
    const queue = await fifo<number>('shutdown', 1);
    await queue.put(1);
    const put = queue.put(2);
    put.catch(() => undefined);
    await queue.shutdown();
    await expect(put).rejects.toThrow(ShutDown);
    await expect(queue.put(3)).rejects.toThrow(ShutDown);
    expect(await queue.get()).toBe(1);
    await expect(queue.get()).rejects.toThrow(ShutDown);
    await queue.taskDone();
    await queue.join();
    await queue.delete();
    await queue.put(4);
    await queue.shutdown({ immediate: true });
    await queue.join();
    await expect(queue.get()).rejects.toThrow(ShutDown);
  });

  it('refuses the names, sizes and times that Python refuses, and another maxsize', async () => {
    const session = await stack.connect();
    expect(() => new Queue(session, 'a b')).toThrow(ValueError);
    expect(() => new Queue(session, 'x', { maxsize: 1.5 })).toThrow(ValueError);
    const queue = new Queue<unknown>(session, 'values', { maxsize: 2 });
    await expect(queue.put(1, { timeout: -1 })).rejects.toThrow(ValueError);
    await expect(queue.get({ timeout: -1 })).rejects.toThrow(ValueError);
    await expect(queue.put(undefined)).rejects.toThrow(ValueError);
    await expect(queue.put(1n)).rejects.toThrow(ValueError);
    await queue.put(1);
    await expect(new Queue(session, 'values', { maxsize: 3 }).get()).rejects.toThrow(ValueError);
    const closed = await stack.connect();
    await closed.close();
    expect(() => new Queue(closed, 'values')).toThrow('the session is closed');
  });
});

describe('a recorder that is away', () => {
  it('keeps nobody who has a limit, and what was got unheard goes back', async () => {
    const session = await stack.connect();
    const queue = new Queue<number>(session, 'away', { maxsize: 1 });
    await queue.put(1);
    await stack.stopRecorder();
    await expect(queue.get({ timeout: 30 })).rejects.toThrow(Empty);
    const reason = new Error('enough');
    const stopping = new AbortController();
    const got = queue.get({ signal: stopping.signal });
    stopping.abort(reason);
    await expect(got).rejects.toBe(reason);
    await expect(queue.put(2, { timeout: 30 })).rejects.toMatchObject({ code: 'recorder_unavailable' });
    await stack.startRecorder();
    expect(await queue.get({ timeout: '60s' })).toBe(1);
  });

  it('shows who waits by the name of the session when it is there', async () => {
    const session = await stack.connect();
    const got = new Queue<number>(session, 'named').get();
    const shown = async () =>
      (await waits(stack)).flatMap(({ object, session: name }) =>
        object === 'fifo-queue.named' ? [name] : [],
      );
    await expect.poll(shown).toEqual([session.name]);
    expect(session.name).toContain(`.${process.pid}.`);
    await new Queue<number>(session, 'named').put(1);
    await got;
  });
});

describe('a queue outlives', () => {
  it('the recorder: items stay, and who waits goes on waiting', async () => {
    const queue = await fifo<number>('restart', 2);
    const other = await fifo<number>('restart', 2);
    await queue.put(1);
    await queue.put(2);
    const put = queue.put(3);
    await stack.stopRecorder();
    const got = other.get();
    await stack.startRecorder();
    expect(await got).toBe(1);
    await put;
    expect(await drain(other)).toEqual([2, 3]);
  });

  it('the broker: items stay, also those that are taken, and who waits goes on waiting', async () => {
    const node = await startBroker();
    const own = await openKeyedStack(await node.createVhost());
    try {
      const [here, there] = [await own.connect(), await own.connect()];
      const [queue, other] = [
        new Queue<number>(here, 'q', { maxsize: 2 }),
        new Queue<number>(there, 'q', { maxsize: 2 }),
      ];
      for (const item of [1, 2]) await queue.put(item);
      const taken = await other.take();
      await queue.put(3);
      const waiting = [queue.put(4), new Queue<string>(there, 'line').get()] as const;
      const line = new Queue<string>(here, 'line');
      await expect.poll(async () => (await waits(own)).length).toBe(2);
      await node.kill();
      await node.start();
      await line.put('next');
      expect(await waiting[1]).toBe('next');
      await taken.done();
      expect(await other.get()).toBe(2);
      await waiting[0];
      expect(await drain(other)).toEqual([3, 4]);
      const joined = queue.join();
      for (let n = 0; n < 3; n += 1) await other.taskDone();
      await joined;
    } finally {
      await own.stop();
      await node.stop();
    }
  });

  it('a process that is killed: what it had taken comes back, and it waits no more', async () => {
    const queue = await fifo<string>('killed');
    const one = await stack.start(60);
    const get = { kind: 'fifo', name: 'killed', size: 0, call: 'get', args: [] } as const;
    await queue.put('a');
    expect(await one.ask<string>(get)).toBe('a');
    void one.ask(get).catch(() => undefined);
    const joined = queue.join();
    await one.kill();
    expect(await queue.get()).toBe('a');
    await queue.put('b');
    expect(await queue.get()).toBe('b');
    await queue.taskDone();
    await queue.taskDone();
    await joined;
  });

  it('a process that is frozen: another one gets the item, and the late one is refused', async () => {
    const queue = await fifo<string>('frozen');
    const one = await stack.start();
    const there = { kind: 'fifo', name: 'frozen', size: 0, args: [] } as const;
    await queue.put('a');
    await one.ask({ ...there, call: 'get' });
    one.freeze();
    expect(await queue.get()).toBe('a');
    one.thaw();
    await expect(one.ask({ ...there, call: 'taskDone' })).rejects.toThrow('LeaseLostError');
    await queue.taskDone();
    await queue.join();
  });
});
