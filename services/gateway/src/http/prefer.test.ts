import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { waitWish } from './prefer.ts';

describe('waitWish', () => {
  it.each([
    [undefined, 0],
    ['wait=5', 5_000],
    ['respond-async, wait=10', 10_000],
    ['handling=lenient; wait = "7"', 7_000],
    ['WAIT=3', 3_000],
    ['wait=100000', 120_000],
    ['wait=0', 0],
    ['wait=-1', 0],
    ['wait=soon', 0],
    ['await=5', 0],
  ])('%s → %i ms', (prefer, ms) => {
    expect(waitWish({ headers: { prefer } } as unknown as IncomingMessage)).toBe(ms);
  });
});
