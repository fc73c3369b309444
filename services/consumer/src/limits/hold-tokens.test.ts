import type { Consumer, Delivery } from '@heddle/broker';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HeldDelivery, holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { TokenHolder } from './hold-tokens.ts';

const RENEW_MS = 1_000;
const token = (): HeldDelivery => holdDelivery(received(someJob()));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A holder, and what the test plays for it: a broker that subscribes when it is told to. */
function hold() {
  const prefetches: number[] = [];
  const subscriptions: { subscribed(): void; deliver(delivery: Delivery): void }[] = [];
  const consumer: Consumer = {
    queue: 'heddle.tokens.x',
    stop: () => Promise.resolve(),
    close: () => Promise.resolve(),
    setPrefetch: async (prefetch) => void prefetches.push(prefetch),
  };
  const consume = (_queue: string, _options: object, deliver: (delivery: Delivery) => void) =>
    new Promise<Consumer>((resolve) => {
      subscriptions.push({ subscribed: () => resolve(consumer), deliver });
    });
  const holder = new TokenHolder({
    broker: { consume },
    limit: { name: 'x', count: 1 },
    renewMs: RENEW_MS,
    onMore: () => undefined,
  });
  return { holder, prefetches, subscriptions };
}

it('a number that is wanted while the holder subscribes is held', async () => {
  const { holder, prefetches, subscriptions } = hold();
  const started = holder.start();
  holder.want(3);
  subscriptions[0]?.subscribed();
  await started;
  expect(prefetches.at(-1)).toBe(3);
  holder.stop();
});

it('a token whose job ends while it is exchanged is kept by nobody', async () => {
  const { holder, subscriptions } = hold();
  const started = holder.start();
  holder.want(1);
  subscriptions[0]?.subscribed();
  await started;
  const old = token();
  subscriptions[0]?.deliver(old);
  const used = holder.take();
  await vi.advanceTimersByTimeAsync(RENEW_MS * 1.3);
  expect(subscriptions).toHaveLength(2);
  used?.giveBack();
  subscriptions[1]?.subscribed();
  await vi.advanceTimersByTimeAsync(0);
  expect([old.settled, holder.held]).toEqual(['requeued', 0]);
  holder.stop();
});
