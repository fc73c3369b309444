import { RecorderClient } from '@heddle/client';
import { DeadlockError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
import { Condition } from '../keyed/condition.ts';
import { Lock } from '../lock.ts';
import { RLock } from '../rlock.ts';

let stack: KeyedStack;

beforeAll(async () => {
  stack = await openKeyedStack();
});
afterEach(() => stack.end());
afterAll(() => stack.stop());

describe('a deadlock', () => {
  it('of two locks in the wrong order is found, and one who waits is told', async () => {
    const sessions = [await stack.connect(), await stack.connect()] as const;
    const inOrder = async (session: (typeof sessions)[number], first: string, second: string) => {
      const held = await new Lock(session, first).acquire();
      try {
        await bothHold();
        const got = await new Lock(session, second).acquire();
        await got.release();
        return true;
      } finally {
        await held.release();
      }
    };
    const bothHold = meeting(2);
    const ends = await Promise.allSettled([
      inOrder(sessions[0], 'left', 'right'),
      inOrder(sessions[1], 'right', 'left'),
    ]);
    const [refused] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    expect(refused).toBeInstanceOf(DeadlockError);
    expect(refused?.message).toMatch(/waits for lock\.(left|right), which .+ waits for lock\.(left|right)/);
    // The other one goes on.
    expect(ends.filter((end) => end.status === 'fulfilled' && end.value)).toHaveLength(1);
  });

  it('of code that waits for the lock that it holds itself is found, which Python would never end', async () => {
    const lock = new Lock(await stack.connect(), 'itself');
    const lease = await lock.acquire();
    await expect(lock.acquire()).rejects.toThrow(/deadlock: (.+) waits for lock\.itself, which \1 holds$/);
    expect(lease.held).toBe(true);
    await lease.release();
    await (await lock.acquire()).release();
  });

  it('is none when the code that holds is not the code that waits', async () => {
    const [a, b] = [await stack.connect(), await stack.connect()];
    const done = new AbortController();
    const bothHold = meeting(2);
    const hold = (lock: Lock | RLock) =>
      lock.run(async () => {
        await bothHold();
        await new Promise((resolve) => done.signal.addEventListener('abort', resolve, { once: true }));
      });
    const holds = [hold(new Lock(a, 'one')), hold(new RLock(b, 'two'))];
    await bothHold.all;
    const waits = [new RLock(a, 'two').acquire(), new Lock(b, 'one').acquire()];
    const broker = await stack.connectBroker();
    const recorder = new RecorderClient(broker);
    // Both have been reported, more than once.
    await expect
      .poll(async () => {
        const { waiters, holders } = await recorder.ask({ op: 'sync-view' });
        return [waiters.length, holders.length, waiters.every(({ since }) => Date.now() - since > 3_500)];
      })
      .toEqual([2, 2, true]);
    done.abort();
    await Promise.all(holds);
    for (const lease of await Promise.all(waits)) await lease.release();
    await broker.close();
  });
});

describe('a wait for a condition', () => {
  it('that cannot have its lock again, because of a deadlock, hands its wake-up on', async () => {
    const open = async () => {
      const session = await stack.connect();
      const lock = new Lock(session, 'state');
      return { other: new Lock(session, 'other'), condition: new Condition(session, 'state', lock) };
    };
    const [first, second, notifier] = [await open(), await open(), await open()];
    const waiting = (one: typeof first): Promise<boolean> => one.condition.run(() => one.condition.wait());
    const refused = first.other.run(() => waiting(first));
    refused.catch(() => undefined);
    await inLine(1);
    const woken = waiting(second);
    await inLine(2);
    const other = notifier.condition.run(async () => {
      // It waits before the one that it wakes does: that one gives way.
      const held = notifier.other.acquire();
      await expect.poll(async () => (await waits()).some(({ object }) => object === 'lock.other')).toBe(true);
      await notifier.condition.notify();
      return await held;
    });
    await expect(refused).rejects.toThrow(DeadlockError);
    await (await other).release();
    expect(await woken).toBe(true);
  });
});

async function waits() {
  const broker = await stack.connectBroker();
  try {
    return (await new RecorderClient(broker).ask({ op: 'sync-view' })).waiters;
  } finally {
    await broker.close();
  }
}

/** Resolves when so many wait for the condition. */
async function inLine(count: number): Promise<void> {
  const here = async () => (await waits()).filter(({ object }) => object === 'condition.state').length;
  await expect.poll(here).toBe(count);
}

/** Resolves for all when so many have come. */
function meeting(count: number) {
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  let here = 0;
  const come = (): Promise<void> => {
    here += 1;
    if (here === count) open();
    return all;
  };
  return Object.assign(come, { all });
}
