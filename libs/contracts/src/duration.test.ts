import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationSchema, MAX_DURATION_MS, parseDuration } from './duration.ts';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['365d', MAX_DURATION_MS],
  ])('%s is %i ms', (text, ms) => {
    expect(durationSchema.parse(text)).toBe(ms);
  });

  test('is taken as whole milliseconds too', () => {
    expect(durationSchema.parse(1_500)).toBe(1_500);
  });

  test.each([
    '',
    '5',
    's',
    '1.5s',
    '-1s',
    '5 s',
    '5S',
    '1w',
    '0s',
    '366d',
    0,
    -1,
    1.5,
    MAX_DURATION_MS + 1,
    Number.NaN,
    null,
    {},
    [],
  ])('is not %j', (given) => {
    expect(durationSchema.safeParse(given).success).toBe(false);
  });

  test('that is refused says what was expected and what came', () => {
    const { error } = durationSchema.safeParse('soon');
    expect(error?.issues[0]?.message).toBe(
      'expected a duration such as "250ms", "30s", "5m", "2h" or "1d", got "soon"',
    );
  });

  test('of any text is whole milliseconds or nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true);
      }),
    );
  });
});
