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
    const prefetch = new AdaptivePrefetch('event-loop', 100);
    work(prefetch, 100, 50, 10);
    expect(prefetch.current).toBe(100);
  });

  it('widens when runs are short: by one for processes, by a window of settling ones for the event loop', () => {
    const processes = new AdaptivePrefetch('process', 2);
    work(processes, 2, 15, 20);
    expect(processes.current).toBe(3);
    const eventLoop = new AdaptivePrefetch('event-loop', 100);
    work(eventLoop, 100, 1, 5);
    expect(eventLoop.current).toBe(300);
  });

  it('never falls below the slots, however many there are', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 500);
    work(prefetch, 500, 1, 5);
    expect(prefetch.current).toBe(500);
  });

  it('narrows again within one round when runs become long', () => {
    const prefetch = new AdaptivePrefetch('event-loop', 100);
    const clock = { now: 0 };
    work(prefetch, 100, 1, 5, clock);
    work(prefetch, 100, 300, 1, clock);
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
    work(prefetch, 100, 2, 5, clock);
    work(prefetch, 100, 30, 20, clock);
    expect(prefetch.current).toBe(300);
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
