import { RecorderClient } from '@heddle/client';
import { DeadlockError } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyedStack, openKeyedStack } from '../../test/keyed-stack.ts';
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
      .poll(
        async () => {
          const { waiters, holders } = await recorder.ask({ op: 'sync-view' });
          return [waiters.length, holders.length, waiters.every(({ since }) => Date.now() - since > 3_500)];
        },
        { timeout: 30_000 },
      )
      .toEqual([2, 2, true]);
    done.abort();
    await Promise.all(holds);
    for (const lease of await Promise.all(waits)) await lease.release();
    await broker.close();
  });
});

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
