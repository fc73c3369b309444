import { BrokenBarrierError, ValueError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
import { Barrier } from './barrier.ts';

let stack: KeyedStack;

beforeAll(async () => {
  stack = await openKeyedStack();
});
afterEach(() => stack.end());
afterAll(() => stack.stop());

const open = async (name: string, parties: number) => new Barrier(await stack.connect(), name, parties);
const untilWaiting = async (barrier: Barrier, count: number) =>
  await expect.poll(() => barrier.nWaiting()).toBe(count);

describe('a barrier', () => {
  it('opens when all parties are there, tells each when it came, and begins anew', async () => {
    const here = await open('race', 3);
    const there = await stack.start(60);
    const call = { kind: 'barrier', name: 'race', size: 3, call: 'wait', args: [] } as const;
    for (let round = 0; round < 3; round++) {
      const first = here.wait();
      await untilWaiting(here, 1);
      const others = await Promise.all([there.ask<number>(call), there.ask<number>(call)]);
      expect(await first).toBe(0);
      expect(new Set(others)).toEqual(new Set([1, 2]));
    }
    expect([await here.nWaiting(), await here.broken()]).toEqual([0, false]);
    expect(await (await open('alone', 1)).wait()).toBe(0);
  });

  it('breaks for all when one gives up waiting; reset mends it', async () => {
    const [a, b] = [await open('timeout', 3), await open('timeout', 3)];
    const waiting = expect(a.wait()).rejects.toThrow(BrokenBarrierError);
    await untilWaiting(a, 1);
    await expect(b.wait(30)).rejects.toThrow(BrokenBarrierError);
    await waiting;
    expect(await a.broken()).toBe(true);
    await expect(a.wait()).rejects.toThrow(BrokenBarrierError);
    await b.reset();
    expect(await a.broken()).toBe(false);
  });

  it('may have a timeout for every wait', async () => {
    const session = await stack.connect();
    const barrier = new Barrier(session, 'impatient', 2, { timeout: 30 });
    await expect(barrier.wait()).rejects.toThrow(BrokenBarrierError);
    await barrier.reset();
    const waiting = barrier.wait('1m');
    await untilWaiting(barrier, 1);
    expect(await (await open('impatient', 2)).wait()).toBe(1);
    expect(await waiting).toBe(0);
    expect(() => new Barrier(session, 'x', 2, { timeout: 'soon' })).toThrow(ValueError);
  });

  it('breaks when it is aborted, and wakes who waits when it is reset', async () => {
    const [a, b] = [await open('abort', 2), await open('abort', 2)];
    for (const change of ['abort', 'reset'] as const) {
      const waiting = expect(a.wait()).rejects.toThrow(BrokenBarrierError);
      await untilWaiting(b, 1);
      await b[change]();
      await waiting;
      expect(await a.broken()).toBe(change === 'abort');
      await b.reset();
    }
    expect(new Set(await Promise.all([a.wait(), b.wait()]))).toEqual(new Set([0, 1]));
  });

  it('breaks when a party dies', async () => {
    const barrier = await open('dead', 3);
    const one = await stack.start(60);
    void one.ask({ kind: 'barrier', name: 'dead', size: 3, call: 'wait', args: [] }).catch(() => undefined);
    await untilWaiting(barrier, 1);
    const waiting = expect(barrier.wait()).rejects.toThrow(BrokenBarrierError);
    await untilWaiting(barrier, 2);
    await one.kill();
    await waiting;
  });

  it('has a number of parties', async () => {
    const session = await stack.connect();
    expect(() => new Barrier(session, 'none', 0)).toThrow(ValueError);
    await new Barrier(session, 'two', 2).reset();
    await expect(new Barrier(session, 'two', 3).wait()).rejects.toThrow(ValueError);
  });
});
