import { setTimeout as pause } from 'node:timers/promises';
import { TimeoutError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { gated } from '../../../../test/support/tasks/gated-task.ts';
import { openGate } from '../../../../test/support/tasks/gates.ts';
import { echo, type FuturesStack, startFutures } from '../../test/futures-stack.ts';
import { gatedFailure, square } from '../../test/tasks/followed-tasks.ts';
import type { Future } from './future.ts';
import { asCompleted, wait } from './wait-futures.ts';

let stack: FuturesStack;
const connect = (name?: string) => stack.connect(name);

beforeAll(async () => {
  stack = await startFutures();
});
afterEach(() => stack.disconnect());
afterAll(() => stack.stop());

const ended = (future: Future) => expect.poll(() => future.done()).toBe(true);

describe('wait', () => {
  it('returns when all are done', async () => {
    const executor = await connect();
    const futures = [1, 2, 3].map((n) => executor.submit(echo, n));
    const { done, notDone } = await wait(futures);
    expect([...done]).toEqual(futures);
    expect(notDone.size).toBe(0);
  });

  it('returns at its timeout with what is done by then', async () => {
    const executor = await connect();
    const quick = executor.submit(echo, 1);
    const slow = executor.submit(gated, { gate: 'at the timeout' });
    await quick.result();
    const { done, notDone } = await wait<Future>([quick, slow], { timeout: 20 });
    openGate('at the timeout');
    expect([[...done], [...notDone]]).toEqual([[quick], [slow]]);
  });

  it('returns when the first is done, if that is asked for', async () => {
    const executor = await connect();
    const quick = executor.submit(echo, 1);
    const slow = executor.submit(gated, { gate: 'after the first' });
    const { done } = await wait<Future>([slow, quick], { returnWhen: 'FIRST_COMPLETED' });
    openGate('after the first');
    expect([...done]).toEqual([quick]);
  });

  it('returns when the first has failed, which a cancelled one has not', async () => {
    const executor = await connect();
    const cancelled = executor.submit(echo, 1, { delay: '1h' });
    const slow = executor.submit(gated, { gate: 'after the failure' });
    const failing = executor.submit(gatedFailure, { gate: 'the failure' });
    await cancelled.accepted;
    const waited = wait<Future>([slow, cancelled, failing], { returnWhen: 'FIRST_EXCEPTION' });
    await cancelled.cancel();
    openGate('the failure');
    const { done, notDone } = await waited;
    openGate('after the failure');
    expect([...done]).toEqual([cancelled, failing]);
    expect([...notDone]).toEqual([slow]);
  });

  it('takes each future once, none at all, and no other words', async () => {
    const future = (await connect()).submit(echo, 1);
    expect((await wait([future, future])).done.size).toBe(1);
    expect((await wait([])).done.size).toBe(0);
    await expect(wait([future], { returnWhen: 'SOMETIME' as never })).rejects.toThrow(ValueError);
  });
});

describe('asCompleted', () => {
  it('gives those that are done first, then the others as they end', async () => {
    const executor = await connect();
    const slow = executor.submit(gated, { gate: 'the slow one' });
    const quick = executor.submit(echo, 1);
    await ended(quick);
    const order: Future[] = [];
    for await (const future of asCompleted<Future>([slow, quick, quick])) {
      order.push(future);
      openGate('the slow one');
    }
    expect(order).toEqual([quick, slow]);
  });

  it('throws a TimeoutError when not all have ended in time', async () => {
    const executor = await connect();
    const quick = executor.submit(echo, 1);
    await ended(quick);
    const slow = executor.submit(gated, { gate: 'in no time' });
    const order: Future[] = [];
    const all = async () => {
      for await (const future of asCompleted<Future>([slow, quick], { timeout: 300 })) order.push(future);
    };
    await expect(all()).rejects.toThrow(new TimeoutError('1 (of 2) futures have not ended'));
    openGate('in no time');
    expect(order).toEqual([quick]);
  });
});

describe('map', () => {
  const numbers = Array.from({ length: 250 }, (_, n) => n);

  it.each([1, 7, 100])('gives the results in order, in chunks of %i', async (chunkSize) => {
    const results: number[] = [];
    for await (const n of (await connect()).map(echo, numbers, { chunkSize })) results.push(n);
    expect(results).toEqual(numbers);
  });

  it('runs chunks in the pool of the task; the first input that fails fails its chunk', async () => {
    const executor = await connect();
    const results = executor.map(
      square,
      Array.from({ length: 20 }, (_, of) => ({ of })),
      { chunkSize: 5 },
    );
    for (let n = 0; n < 10; n++) expect((await results.next()).value).toEqual({ squared: n * n });
    await expect(results.next()).rejects.toMatchObject({
      code: 'task_failed',
      message: '13 is not squared here',
    });
  });

  it('checks every input of a chunk', async () => {
    const results = (await connect()).map('test.square', [{ of: 1 }, { of: 'x' }], { chunkSize: 5 });
    await expect(results.next()).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'input.1.of' }],
    });
  });

  it('reads no further ahead than it may', async () => {
    let read = 0;
    function* source(): Generator<number> {
      while (true) yield read++;
    }
    const results = (await connect()).map(echo, source(), { lookAhead: 10, chunkSize: 2 });
    for (let n = 0; n < 40; n++) expect((await results.next()).value).toBe(n);
    expect(read).toBeLessThanOrEqual(40 + 2 * 11);
    await results.return();
    const before = read;
    await pause(20);
    expect(read).toBe(before);
  });

  it('takes inputs that come one by one, and closes their source', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (const n of numbers) yield n;
      } finally {
        closed = true;
      }
    }
    const executor = await connect();
    for await (const n of executor.map(echo, source(), { lookAhead: 5 })) if (n === 20) break;
    expect(closed).toBe(true);
  });

  it('throws a failure in its place, after the results before it', async () => {
    const results = (await connect()).map('debug.sleep', [{ ms: 1 }, { ms: 'x' }, { ms: 1 }]);
    expect((await results.next()).value).toEqual({ slept: 1 });
    await expect(results.next()).rejects.toMatchObject({ code: 'invalid_input' });
    expect((await results.next()).done).toBe(true);
  });

  it('throws a TimeoutError when a result is not there in time', async () => {
    const results = (await connect()).map(gated, [{ gate: 'nobody opens it in time' }], { timeout: 100 });
    await expect(results.next()).rejects.toThrow(TimeoutError);
    openGate('nobody opens it in time');
  });

  it('throws what its source threw', async () => {
    function* source(): Generator<number> {
      yield 1;
      throw new Error('no more');
    }
    const results = (await connect()).map(echo, source());
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('no more');
  });

  it('refuses chunks of no size', async () => {
    const executor = await connect();
    expect(() => executor.map(echo, [1], { chunkSize: 0 })).toThrow(ValueError);
    expect(() => executor.map(echo, [1], { lookAhead: 0 })).toThrow(ValueError);
  });
});
