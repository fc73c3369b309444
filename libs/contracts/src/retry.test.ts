import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restAfter, retryPolicy, retrySchema } from './retry.ts';

describe('a retry policy', () => {
  test('takes from the job first, then from its task, then from the defaults', () => {
    const policy = retryPolicy({ attempts: 3 }, { attempts: 5, delay: 250 });
    expect(policy).toEqual({
      attempts: 3,
      backoff: 'exponential',
      delay: 250,
      maxDelay: 3_600_000,
      jitter: 0.2,
    });
  });

  test('does not retry unless somebody asks for it', () => {
    expect(retryPolicy(undefined, undefined).attempts).toBe(1);
  });

  test('takes durations as text', () => {
    expect(retrySchema.parse({ delay: '5s', maxDelay: '2h' })).toEqual({ delay: 5_000, maxDelay: 7_200_000 });
  });
});

describe('what is said of codes', () => {
  const read = (codes: unknown) => retrySchema.safeParse({ codes });
  test('is a policy each, with a bound on how many and how long', () => {
    expect(
      read({ rate_limited: { delay: '1m', backoff: 'fixed' }, 'http.404': { attempts: 1 } }).data,
    ).toEqual({
      codes: { rate_limited: { delay: 60_000, backoff: 'fixed' }, 'http.404': { attempts: 1 } },
    });
    const many = (count: number) =>
      read(Object.fromEntries(Array.from({ length: count }, (_, n) => [`code_${n}`, { attempts: 1 }])));
    expect([many(50).success, many(51).success]).toEqual([true, false]);
    expect(read({ ['x'.repeat(101)]: {} }).success).toBe(false);
    expect(read({ closed: { codes: {} } }).success).toBe(false);
  });
});

describe('the rest after an attempt', () => {
  test('doubles with each attempt up to the longest, and less what is left to chance', () => {
    const policy = retryPolicy({ attempts: 10, delay: 1_000, maxDelay: 10_000, jitter: 0.5 }, undefined);
    const rests = [1, 2, 3, 4, 5, 60].map((attempt) => restAfter(policy, attempt, 0));
    expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    expect(restAfter(policy, 1, 1)).toBe(500);
  });

  test('stays the same when it is fixed', () => {
    const policy = retryPolicy({ backoff: 'fixed', delay: 700, jitter: 0 }, undefined);
    expect([1, 2, 9].map((attempt) => restAfter(policy, attempt))).toEqual([700, 700, 700]);
  });

  test('is always between 1 ms and the longest rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, delay, maxDelay, chance) => {
          const rest = restAfter(retryPolicy({ delay, maxDelay, jitter: 1 }, undefined), attempt, chance);
          expect(rest).toBeGreaterThanOrEqual(1);
          expect(rest).toBeLessThanOrEqual(Math.max(1, maxDelay));
        },
      ),
    );
  });
});
