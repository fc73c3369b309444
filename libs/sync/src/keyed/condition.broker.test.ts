import { LeaseLostError, RuntimeError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
import { Lock } from '../lock.ts';
import { RLock } from '../rlock.ts';
import { Condition } from './condition.ts';
import { Queue } from './queues.ts';

let stack: KeyedStack;

beforeAll(async () => {
  stack = await openKeyedStack();
});
afterEach(() => stack.end());
afterAll(() => stack.stop());

const open = async (name: string) => new Condition(await stack.connect(), name);

/** Begins to wait; resolves when it stands in the line and the lock is free again. */
async function beginWait(condition: Condition): Promise<{ readonly woken: Promise<boolean> }> {
  let woken: Promise<boolean> = Promise.resolve(false);
  await new Promise<void>((resolve) => {
    woken = condition.run(() => {
      resolve();
      return condition.wait();
    });
  });
  // The lock comes only when the one who waits has let it go.
  await condition.run(() => undefined);
  return { woken };
}

describe('a condition', () => {
  it('wakes those who have waited the longest, as many as are asked for', async () => {
    const conditions = await Promise.all([1, 2, 3].map(() => open('order')));
    const order: number[] = [];
    const waits: Promise<unknown>[] = [];
    for (const [index, condition] of conditions.entries()) {
      const { woken } = await beginWait(condition);
      waits.push(woken.then(() => order.push(index)));
    }
    const other = await open('order');
    await other.run(() => other.notify(2));
    await Promise.all(waits.slice(0, 2));
    expect(order.toSorted((a, b) => a - b)).toEqual([0, 1]);
    await other.run(() => other.notifyAll());
    await Promise.all(waits);
    expect(order.at(-1)).toBe(2);
  });

  it('has the lock again after the wait, by the same lease with a new fence', async () => {
    const lock = new Lock(await stack.connect(), 'lease');
    const condition = new Condition(await stack.connect(), 'lease', lock);
    const lease = await lock.acquire();
    const before = lease.fence;
    expect(await condition.wait(30)).toBe(false);
    expect(lease.held).toBe(true);
    expect(lease.fence).toBeGreaterThan(before);
    expect(await new Lock(await stack.connect(), 'lease').acquire({ blocking: false })).toBeUndefined();
    await lease.release();
    expect(await lock.locked()).toBe(false);
  });

  it('lets go of a lock that was acquired twice, and has it twice again', async () => {
    const condition = await open('twice');
    const other = await open('twice');
    await condition.acquire();
    await condition.acquire();
    const notified = other.run(() => other.notify());
    expect(await condition.wait('60s')).toBe(true);
    await notified;
    expect(await condition.lock.locked()).toBe(true);
    await condition.release();
    expect(await condition.lock.locked()).toBe(true);
    await condition.release();
    expect(await condition.lock.locked()).toBe(false);
  });

  it('adds up to five and takes down to none, and loses no wake-up', async () => {
    let count = 0;
    const counts: number[] = [];
    const change = async (by: number, mayChange: () => boolean, times: number) => {
      const session = await stack.connect();
      const condition = new Condition(session, 'count', new Lock(session, 'count'));
      for (let time = 0; time < times; time++) {
        await condition.run(async () => {
          await condition.waitFor(mayChange);
          count += by;
          counts.push(count);
          await condition.notify();
        });
      }
    };
    const add = () => change(1, () => count < 5, 10);
    const takeAway = () => change(-1, () => count > 0, 10);
    await Promise.all([add(), takeAway(), add(), takeAway()]);
    expect(count).toBe(0);
    expect([Math.min(...counts), Math.max(...counts) <= 5, counts.length]).toEqual([0, true, 40]);
  });

  it('waits for a predicate, and says what it gave when the time is over', async () => {
    const condition = await open('predicate');
    await condition.run(async () => {
      expect(await condition.waitFor(() => 'at once')).toBe('at once');
      expect(await condition.waitFor(() => 0, 30)).toBe(0);
    });
  });

  it('keeps no wake-up for who comes later, and wakes nobody before the lock is free', async () => {
    const [early, late] = [await open('later'), await open('later')];
    await early.run(async () => {
      await early.notify();
      await early.notifyAll();
    });
    const { woken } = await beginWait(late);
    let isAwake = false;
    void woken.then(() => (isAwake = true));
    await early.run(async () => {
      await early.notify();
      // It would have been told by now.
      await early.notify();
      expect(isAwake).toBe(false);
    });
    expect(await woken).toBe(true);
  });

  it('can be used only by who holds its lock', async () => {
    const condition = await open('unheld');
    await expect(condition.wait()).rejects.toThrow(RuntimeError);
    await expect(condition.notify()).rejects.toThrow(RuntimeError);
    await expect(condition.notifyAll()).rejects.toThrow(RuntimeError);
  });

  it('wakes somebody else in the place of one who lost the lock before it could wait', async () => {
    const session = await stack.connect();
    const lock = new RLock(session, 'late', { longestHold: 300 });
    const late = new Condition(session, 'late', lock);
    await stack.stopRecorder();
    const lease = await lock.acquire();
    const waiting = expect(late.wait()).rejects.toThrow(LeaseLostError);
    await expect.poll(() => lease.signal.aborted).toBe(true);
    await stack.startRecorder();
    await waiting;
    const { woken } = await beginWait(await open('late'));
    const other = await open('late');
    await other.run(() => other.notify());
    expect(await woken).toBe(true);
  });

  it('has the lock after its timeout while the recorder is away, and is not woken later', async () => {
    const impatient = await open('away');
    const lease = await impatient.acquire();
    await stack.stopRecorder();
    expect(await impatient.wait(30)).toBe(false);
    expect(lease?.held).toBe(true);
    await stack.startRecorder();
    await lease?.release();
    const { woken } = await beginWait(await open('away'));
    const other = await open('away');
    await other.run(() => other.notify());
    expect(await woken).toBe(true);
  });

  it('skips those who died', async () => {
    const one = await stack.start(60);
    const here = new Queue(await stack.connect(), 'dead.here');
    void one.ask({ kind: 'condition', name: 'dead', size: 0, call: 'wait', args: [] }).catch(() => undefined);
    await here.get();
    const condition = await open('dead');
    const { woken } = await beginWait(condition);
    await one.kill();
    const other = await open('dead');
    // Given to the dead one, who does not confirm it.
    await other.run(() => other.notify());
    expect(await woken).toBe(true);
  });
});
