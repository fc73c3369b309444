import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delayRungs, MIN_DELAY_MS, rungFor } from './delay.ts';
import { MAX_DURATION_MS } from './duration.ts';

test('the ladder has few enough rungs that a broker can hold a queue for each', () => {
  expect(delayRungs[0]).toBe(MIN_DELAY_MS);
  expect(delayRungs.at(-1)).toBe(MAX_DURATION_MS);
  expect(delayRungs.length).toBeLessThan(250);
  expect(delayRungs).toEqual([...delayRungs].sort((a, b) => a - b));
});

test('every delay has a rung that is off by at most 5 % or 100 ms', () => {
  fc.assert(
    fc.property(fc.integer({ min: MIN_DELAY_MS / 2, max: MAX_DURATION_MS }), (delayMs) => {
      const off = Math.abs((rungFor(delayMs) ?? 0) - delayMs);
      expect(off <= 100 || off / delayMs <= 0.05).toBe(true);
    }),
  );
});

test('what is too short to be worth a rung has none', () => {
  expect(rungFor(0)).toBeUndefined();
  expect(rungFor(MIN_DELAY_MS / 2 - 1)).toBeUndefined();
});
