import { expect, test } from 'vitest';
import { isLinearizable } from './check-history.ts';

interface Call {
  readonly began: number;
  readonly ended: number;
  readonly put?: number;
  readonly got?: number | null;
  readonly optional?: boolean;
}

const apply = (queue: number[], { put, got }: Call): number[] | undefined => {
  if (put !== undefined) return [...queue, put];
  if (got === null) return queue.length === 0 ? queue : undefined;
  return queue[0] === got ? queue.slice(1) : undefined;
};
const check = (...history: Call[]) => isLinearizable(history, [] as number[], apply);

test('what one could have done alone is linearizable', () => {
  expect(check({ began: 1, ended: 2, put: 1 }, { began: 3, ended: 4, got: 1 })).toBe(true);
  expect(check({ began: 1, ended: 5, put: 1 }, { began: 3, ended: 4, got: 1 })).toBe(true);
  expect(check({ began: 1, ended: 5, put: 1 }, { began: 3, ended: 4, got: null })).toBe(true);
  expect(
    check({ began: 1, ended: 5, put: 1 }, { began: 1, ended: 4, put: 2 }, { began: 6, ended: 7, got: 2 }),
  ).toBe(true);
});

test('an item that was skipped, doubled or missed is not', () => {
  const puts = [
    { began: 1, ended: 2, put: 1 },
    { began: 3, ended: 4, put: 2 },
  ];
  expect(check(...puts, { began: 5, ended: 6, got: 2 })).toBe(false);
  expect(check(...puts, { began: 5, ended: 6, got: 1 }, { began: 7, ended: 8, got: 1 })).toBe(false);
  expect(check(...puts, { began: 5, ended: 6, got: null })).toBe(false);
});

test('a call of which nobody knows whether it happened may have', () => {
  const cut = { began: 1, ended: Number.POSITIVE_INFINITY, put: 1, optional: true };
  expect(check(cut)).toBe(true);
  expect(check(cut, { began: 2, ended: 3, got: null }, { began: 4, ended: 5, got: 1 })).toBe(true);
  expect(check(cut, { began: 2, ended: 3, got: 1 }, { began: 4, ended: 5, got: 1 })).toBe(false);
});
