import type { BrokerHealth } from '@heddle/broker';
import { describe, expect, it } from 'vitest';
import { Interruptions } from './explain-redelivery.ts';

const QUEUE = 'heddle.jobs.debug.echo';

/** A worker that subscribed at 1,000 and, if so, lost and regained its subscription at `interruptedAt`. */
function worker(interruptedAt?: number): Interruptions {
  let since = 1_000;
  const health = (): BrokerHealth => ({
    ok: true,
    state: 'connected',
    consumers: [{ queue: QUEUE, state: 'consuming', held: 0, since }],
    reasons: [],
  });
  const interruptions = new Interruptions({ health }, QUEUE);
  interruptions.subscribed();
  since = interruptedAt ?? since;
  return interruptions;
}

describe('a job that comes again', () => {
  it('is explained by a connection that was lost after it was accepted', () => {
    expect(worker(5_000).explain({ acceptedAt: 4_000 }, 6_000)).toBe(true);
  });

  it('is not explained to a worker that was never interrupted', () => {
    expect(worker().explain({ acceptedAt: 500 }, 6_000)).toBe(false);
  });

  it('is not explained if it was accepted later, or long afterwards', () => {
    expect(worker(5_000).explain({ acceptedAt: 5_500 }, 6_000)).toBe(false);
    expect(worker(5_000).explain({ acceptedAt: 4_000 }, 70_000)).toBe(false);
  });
});
