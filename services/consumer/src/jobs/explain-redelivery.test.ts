import type { BrokerHealth } from '@heddle/broker';
import { describe, expect, it } from 'vitest';
import { Interruptions } from './explain-redelivery.ts';

const QUEUE = 'heddle.jobs.debug.echo';

/** A worker that subscribed at 1,000 and, if so, lost and regained its subscription at `interruptedAt`. */
function worker(interruptedAt?: number, version = '3.10.8'): Interruptions {
  let since = 1_000;
  const health = (): BrokerHealth => ({
    ok: true,
    state: 'connected',
    consumers: [{ queue: QUEUE, state: 'consuming', held: 0, since }],
    reasons: [],
  });
  const interruptions = new Interruptions({ health, version }, QUEUE);
  interruptions.subscribed();
  since = interruptedAt ?? since;
  return interruptions;
}

const again = (headers: Record<string, unknown> = {}) => ({ properties: { headers } });

describe('a job that comes again', () => {
  it('is explained by a connection that was lost after it was accepted', () => {
    expect(worker(5_000).explain(again(), { acceptedAt: 4_000 }, 6_000)).toBe(true);
  });

  it('is not explained to a worker that was never interrupted', () => {
    expect(worker().explain(again(), { acceptedAt: 500 }, 6_000)).toBe(false);
  });

  it('is not explained if it was accepted later, or long afterwards', () => {
    expect(worker(5_000).explain(again(), { acceptedAt: 5_500 }, 6_000)).toBe(false);
    expect(worker(5_000).explain(again(), { acceptedAt: 4_000 }, 70_000)).toBe(false);
  });

  it('is explained if the broker says that nobody was lost who had it, where the broker counts that', () => {
    const since = { acceptedAt: 500 };
    const returned = again({ 'x-acquired-count': 2 });
    expect(worker(undefined, '4.3.6').explain(returned, since, 6_000)).toBe(true);
    const lost = again({ 'x-acquired-count': 2, 'x-delivery-count': 1 });
    expect(worker(undefined, '4.3.6').explain(lost, since, 6_000)).toBe(false);
    // Where the broker does not count, anybody may have written the header.
    expect(worker().explain(returned, since, 6_000)).toBe(false);
  });
});
