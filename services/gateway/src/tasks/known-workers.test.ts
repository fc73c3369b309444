import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KnownWorkers } from './known-workers.ts';

const sign = (worker: string, leaving = false) => ({
  type: 'worker' as const,
  worker,
  tasks: ['a.b'],
  running: 1,
  leaving,
  at: 0,
});

describe('KnownWorkers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lists who has given a sign of life, by name', () => {
    const workers = new KnownWorkers();
    for (const name of ['b', 'a', 'b']) workers.hear(sign(name));
    expect(workers.list().map(({ worker }) => worker)).toEqual(['a', 'b']);
  });

  it('forgets who leaves, and who is silent for half a minute', () => {
    const workers = new KnownWorkers();
    for (const name of ['a', 'b', 'c']) workers.hear(sign(name));
    workers.hear(sign('b', true));
    vi.advanceTimersByTime(20_000);
    workers.hear(sign('c'));
    vi.advanceTimersByTime(20_000);
    expect(workers.list().map(({ worker }) => worker)).toEqual(['c']);
  });
});
