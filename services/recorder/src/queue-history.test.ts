import { describe, expect, it } from 'vitest';
import { QueueHistory } from './queue-history.ts';

/** Looks five seconds apart, from `from` on. */
function historyOf(
  samples: readonly { ready: number; ended: number | undefined }[],
  from = 1_000_000,
): QueueHistory {
  const history = new QueueHistory();
  for (const [index, sample] of samples.entries()) history.add({ at: from + index * 5_000, ...sample });
  return history;
}

describe('the oldest message of a queue', () => {
  it('has no age when nothing waits, whatever the recorder believes', () => {
    expect(historyOf([{ ready: 0, ended: 0 }]).oldestMs(5)).toBe(0);
  });

  it('is as old as the recorder says', () => {
    const history = historyOf([{ ready: 3, ended: 0 }]);
    expect(history.oldestMs(1_000_000 - 40_000)).toBe(40_000);
  });

  it('is not older than the last time that the queue was empty', () => {
    const history = historyOf([
      { ready: 0, ended: 0 },
      { ready: 1, ended: 0 },
      { ready: 1, ended: 0 },
    ]);
    expect(history.oldestMs(5)).toBe(10_000);
    expect(history.oldestMs(undefined)).toBe(10_000);
    expect(history.oldestMs(1_000_000 + 9_000)).toBe(1_000);
  });

  it('is, where nobody knows better, as old as our looking', () => {
    const history = historyOf([
      { ready: 1, ended: 0 },
      { ready: 1, ended: 0 },
    ]);
    expect(history.oldestMs(undefined)).toBe(5_000);
  });
});

describe('draining a queue', () => {
  it('takes as long as what waits needs at the pace of the last minute', () => {
    const steady = Array.from({ length: 30 }, (_, index) => ({ ready: 100, ended: index * 50 }));
    expect(historyOf(steady).drainSeconds()).toBeCloseTo(10);
  });

  it('takes no time when nothing waits, for ever when nothing ends, and is unknown at first', () => {
    expect(historyOf([{ ready: 0, ended: 3 }]).drainSeconds()).toBe(0);
    expect(historyOf([{ ready: 5, ended: 3 }]).drainSeconds()).toBeUndefined();
    const stuck = [
      { ready: 5, ended: 3 },
      { ready: 5, ended: 3 },
    ];
    expect(historyOf(stuck).drainSeconds()).toBe(Number.POSITIVE_INFINITY);
  });

  it('does not go backwards when ended jobs are deleted', () => {
    const swept = [
      { ready: 10, ended: 1_000 },
      { ready: 10, ended: 10 },
      { ready: 10, ended: 20 },
    ];
    expect(historyOf(swept).drainSeconds()).toBeCloseTo(10);
  });

  it('takes the pace from when some waited, not from the quiet before a burst', () => {
    const quiet = Array.from({ length: 10 }, (_, index) => ({ ready: 0, ended: index }));
    const burst = { ready: 100, ended: 10 };
    expect(historyOf([...quiet, burst]).drainSeconds()).toBeUndefined();
    expect(historyOf([...quiet, burst, { ready: 50, ended: 60 }]).drainSeconds()).toBeCloseTo(5);
  });

  it('takes the pace of the last burst when another one begins, however long ago that was', () => {
    const quiet = Array.from({ length: 30 }, () => ({ ready: 0, ended: 100 }));
    const first = [
      { ready: 100, ended: 0 },
      { ready: 50, ended: 50 },
    ];
    expect(historyOf([...first, ...quiet, { ready: 200, ended: 100 }]).drainSeconds()).toBeCloseTo(20);
  });

  it('goes, where nobody counts what leaves, by what the queue got shorter', () => {
    const lengths = (...readies: number[]) =>
      historyOf(readies.map((ready) => ({ ready, ended: undefined })));
    expect(lengths(100, 80, 60).drainSeconds()).toBeCloseTo(15);
    expect(lengths(60, 40, 60).drainSeconds()).toBeCloseTo(30);
    expect(lengths(60, 80, 100).drainSeconds()).toBe(Number.POSITIVE_INFINITY);
    expect(lengths(60, 0).drainSeconds()).toBe(0);
  });
});
