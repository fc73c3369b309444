import type { ReceivedMessage } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from './broker.ts';
import { Settler, type SettlingChannel } from './settler.ts';

const message = {} as ReceivedMessage;

/** The broker's side of a channel: knows what it delivered and what came back, and finds fault with what a broker would. */
class ModelChannel implements SettlingChannel {
  readonly unsettled = new Set<number>();
  readonly settled = new Map<number, 'ack' | 'reject' | 'requeue'>();
  calls = 0;
  open = true;

  deliver(tag: number): void {
    this.unsettled.add(tag);
  }

  ack(tag: number, multiple: boolean): void {
    this.#check(tag);
    for (const one of this.unsettled) {
      if (one === tag || (multiple && one < tag)) this.#settle(one, 'ack');
    }
  }

  reject(tag: number): void {
    this.#check(tag);
    this.#settle(tag, 'reject');
  }

  requeue(tag: number): void {
    this.#check(tag);
    this.#settle(tag, 'requeue');
  }

  #check(tag: number): void {
    this.calls++;
    if (!this.open) throw new Error('Channel closed');
    if (!this.unsettled.has(tag)) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${tag}`);
  }

  #settle(tag: number, how: 'ack' | 'reject' | 'requeue'): void {
    this.unsettled.delete(tag);
    this.settled.set(tag, how);
  }
}

function set() {
  const channel = new ModelChannel();
  const outcomes: Record<string, number> = {};
  const settler = new Settler(channel, (outcome, count) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  });
  let tags = 0;
  const deliver = (): Delivery => {
    channel.deliver(++tags);
    return settler.hold(tags, message, undefined);
  };
  return { channel, settler, outcomes, deliver };
}

describe('a settler', () => {
  it('settles all that is decided up to the first undecided delivery with one ack', () => {
    const { channel, settler, deliver } = set();
    const deliveries = Array.from({ length: 100 }, deliver);
    for (const delivery of deliveries.toReversed()) delivery.ack();
    settler.flush();
    expect(channel.calls).toBe(1);
    expect(channel.settled.size).toBe(100);
  });

  it('does not ack a long job on behalf of its neighbours, nor hold their acks back', () => {
    const { channel, settler, deliver } = set();
    const [long, ...short] = Array.from({ length: 10 }, deliver);
    for (const delivery of short) delivery.ack();
    settler.flush();
    expect([...channel.unsettled]).toEqual([1]);
    long?.ack();
    settler.flush();
    expect(channel.unsettled.size).toBe(0);
  });

  it('sends what was decided within a turn of the event loop, by itself', async () => {
    const { channel, deliver } = set();
    const delivery = deliver();
    delivery.ack();
    expect(channel.calls).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(channel.settled.get(1)).toBe('ack');
    expect(delivery.lost).toBe(false);
  });

  it('keeps to the first decision', () => {
    const { channel, settler, deliver } = set();
    const delivery = deliver();
    delivery.reject();
    delivery.ack();
    settler.flush();
    delivery.requeue();
    settler.flush();
    expect([...channel.settled]).toEqual([[1, 'reject']]);
    expect(channel.calls).toBe(1);
  });

  it('settles nothing after its end, and calls what was not settled lost', () => {
    const { channel, settler, outcomes, deliver } = set();
    const [acked, decided, undecided] = [deliver(), deliver(), deliver()];
    acked.ack();
    settler.flush();
    decided.ack();
    settler.end();
    undecided.ack();
    settler.flush();
    expect([...channel.settled.keys()]).toEqual([1]);
    expect([acked.lost, decided.lost, undecided.lost]).toEqual([false, true, true]);
    expect(outcomes).toEqual({ acked: 1, lost: 2 });
  });

  it('takes a channel that throws for gone', () => {
    const { channel, settler, outcomes, deliver } = set();
    const [first, second] = [deliver(), deliver()];
    channel.open = false;
    first.reject();
    second.ack();
    settler.flush();
    expect(settler.ended).toBe(true);
    expect([first.lost, second.lost]).toEqual([true, true]);
    expect(outcomes).toEqual({ lost: 2 });
  });
});

type Step =
  | { readonly do: 'deliver'; readonly count: number }
  | { readonly do: 'decide'; readonly which: number; readonly how: 'ack' | 'reject' | 'requeue' }
  | { readonly do: 'turn' }
  | { readonly do: 'cancel' }
  | { readonly do: 'channel dies' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      which: fc.nat(),
      how: fc.constantFrom(
        'ack' as const,
        'ack' as const,
        'ack' as const,
        'reject' as const,
        'requeue' as const,
      ),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'cancel' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'channel dies' as const }) },
);

describe('whatever the order in which deliveries are decided, cancelled and closed, a settler', () => {
  it('settles exactly what was decided, as it was decided, and never a delivery that somebody still holds', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const { channel, settler, outcomes, deliver } = set();
        const deliveries: Delivery[] = [];
        const decisions = new Map<number, string>();
        /** What had been decided when the channel ended; only that may have been settled. */
        let atEnd: Map<number, string> | undefined;
        const settledMatchesDecisions = (): void => {
          for (const [tag, how] of channel.settled) expect((atEnd ?? decisions).get(tag)).toBe(how);
        };
        for (const one of steps) {
          if (one.do === 'deliver' && !settler.ended) {
            for (let i = 0; i < one.count; i++) deliveries.push(deliver());
          } else if (one.do === 'decide' && deliveries.length > 0) {
            const index = one.which % deliveries.length;
            deliveries[index]?.[one.how]();
            if (!decisions.has(index + 1)) decisions.set(index + 1, one.how);
          } else if (one.do === 'turn') {
            settler.flush();
            settledMatchesDecisions();
            if (!settler.ended) {
              expect(channel.settled).toEqual(decisions);
              expect(settler.held).toBe(channel.unsettled.size);
            }
          } else if (one.do === 'cancel') {
            settler.end();
          } else if (one.do === 'channel dies') {
            channel.open = false;
          }
          if (settler.ended) atEnd ??= new Map(decisions);
        }
        settler.flush();
        settledMatchesDecisions();
        deliveries.forEach((delivery, index) => {
          expect(delivery.lost).toBe(settler.ended && !channel.settled.has(index + 1));
        });
        settler.end();
        const counted = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(deliveries.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('sends at most one settlement a delivery', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(60).keys()]), fc.nat(59), (order, turnEvery) => {
        const { channel, settler, deliver } = set();
        const deliveries = Array.from({ length: 60 }, deliver);
        order.forEach((index, position) => {
          deliveries[index]?.ack();
          if (position % (turnEvery + 1) === 0) settler.flush();
        });
        settler.flush();
        expect(channel.calls).toBeLessThanOrEqual(order.length);
        expect(channel.settled.size).toBe(order.length);
      }),
      { numRuns: 200 },
    );
  });
});
