import { describe, expect, it } from 'vitest';
import { AdaptivePrefetch } from './adapt-prefetch.ts';

/** Lets `rounds` rounds of as many runs as there are slots take `ms` each. */
function work(
  prefetch: AdaptivePrefetch,
  slots: number,
  ms: number,
  rounds: number,
  clock = { now: 1_000 },
): void {
  for (let round = 0; round < rounds; round++) {
    for (let slot = 0; slot < slots; slot++) prefetch.began(clock.now);
    clock.now += ms;
    for (let slot = 0; slot < slots; slot++) prefetch.ended(clock.now);
  }
}

describe('the prefetch of a task', () => {
  it('begins with its slots, so that nothing waits here that a job of higher priority should overtake', () => {
    expect(new AdaptivePrefetch('process', 2).current).toBe(2);
    expect(new AdaptivePrefetch('event-loop', 100).current).toBe(100);
  });

  it('stays there while runs are long', () => {
    const processes = new AdaptivePrefetch('process', 2);
    work(processes, 2, 600, 20);
    expect(processes.current).toBe(2);
    const eventLoop = new AdaptivePrefetch('event-loop', 1);
    work(eventLoop, 1, 150, 20);
    expect(eventLoop.current).toBe(1);
  });

  it('widens by one for processes when runs are short', () => {
    const prefetch = new AdaptivePrefetch('process', 2);
    work(prefetch, 2, 15, 20);
    expect(prefetch.current).toBe(3);
  });

  it.each([
    { slots: 1, ms: 20, held: 1 + 4 },
    { slots: 1, ms: 1, held: 1 + 64 },
    { slots: 100, ms: 100, held: 100 + 64 },
    { slots: 100, ms: 30, held: 100 + 256 },
    { slots: 100, ms: 1, held: 1_000 },
  ])(
    'holds no more than $slots slots of runs of $ms ms end in a tenth of a second: $held',
    ({ slots, ms, held }) => {
      const prefetch = new AdaptivePrefetch('event-loop', slots);
      work(prefetch, slots, ms, 20);
      expect(prefetch.current).toBe(held);
    },
  );

  it('changes once, not step by step, when runs are short', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 100);
    work(prefetch, 100, 1, 1);
    expect(prefetch.current).toBe(1_000);
  });

  it('never falls below the slots, however many there are', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 1_500);
    work(prefetch, 1_500, 1, 5);
    expect(prefetch.current).toBe(1_500);
  });

  it('never changes where it is fixed', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 1, true);
    work(prefetch, 1, 1, 20);
    expect(prefetch.current).toBe(1);
  });

  it('narrows again within one round when runs become long', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 100);
    const clock = { now: 0 };
    work(prefetch, 100, 1, 5, clock);
    work(prefetch, 100, 30_000, 1, clock);
    expect(prefetch.current).toBe(100);
  });

  it('does not waver between the two', () => {
    const prefetch = new AdaptivePrefetch('process', 2);
    const clock = { now: 0 };
    work(prefetch, 2, 50, 20, clock);
    work(prefetch, 2, 150, 20, clock);
    expect(prefetch.current).toBe(3);
  });

  it('has the next job here when one of a fifth of a second ends, and not when one of a second does', () => {
    const prefetch = new AdaptivePrefetch('thread', 2);
    const clock = { now: 0 };
    work(prefetch, 2, 200, 20, clock);
    expect(prefetch.current).toBe(3);
    work(prefetch, 2, 1_000, 20, clock);
    expect(prefetch.current).toBe(2);
  });

  it('does not take short jobs on a busy event loop for long ones', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 100);
    const clock = { now: 0 };
    work(prefetch, 100, 8, 5, clock);
    work(prefetch, 100, 60, 20, clock);
    expect(prefetch.current).toBe(1_000);
  });

  it('measures nothing while nothing runs', () => {
    const prefetch = new AdaptivePrefetch('process', 2);
    const clock = { now: 0 };
    for (let pause = 0; pause < 30; pause++) {
      clock.now += 60_000;
      work(prefetch, 1, 10, 1, clock);
    }
    expect(prefetch.current).toBe(3);
  });
});
