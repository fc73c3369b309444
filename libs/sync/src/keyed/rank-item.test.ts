import { ValueError } from '@heddle/contracts';
import { assert, constant, constantFrom, double, oneof, property, string, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { rankItem } from './rank-item.ts';

/** Short ones, so that many have the same beginning, of what might sort wrongly. */
const text = () =>
  string({
    unit: constantFrom('a', 'b', '!', '\0', '\u0001', '\u0002', 'é', '\u{1F600}', '\uFFFF'),
    maxLength: 5,
  });
const bytes = (text: string) => Buffer.from(text);
const sign = (a: unknown, b: unknown) => Math.sign(Buffer.compare(bytes(rankItem(a)), bytes(rankItem(b))));

test('numbers rank by value', () => {
  const number = oneof(double({ noNaN: true }), constant(-0), constant(0));
  assert(
    property(number, number, (a, b) => {
      expect(sign(a, b)).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test('strings rank by their characters, also those that a database cannot store', () => {
  assert(
    property(text(), text(), (a, b) => {
      expect(sign(a, b)).toBe(Math.sign(Buffer.compare(bytes(a), bytes(b))));
      expect(rankItem(a)).not.toContain('\0');
    }),
  );
});

test('arrays rank by their first element that differs, a shorter one first', () => {
  const pair = tuple(double({ noNaN: true }), text());
  assert(
    property(pair, pair, (a, b) => {
      const byNumber = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
      expect(sign(a, b)).toBe(byNumber || Math.sign(Buffer.compare(bytes(a[1]), bytes(b[1]))));
    }),
  );
  expect(sign([1], [1, 'a'])).toBe(-1);
  expect(sign([1, { any: 1 }, 2], [1, ['thing'], 1])).toBe(-1);
});

test('what has no order is refused', () => {
  for (const item of [null, undefined, {}, true, Number.NaN, [{}]]) {
    expect(() => rankItem(item), JSON.stringify(item)).toThrow(ValueError);
  }
});
