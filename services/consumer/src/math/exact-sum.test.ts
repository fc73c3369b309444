import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from './exact-sum.ts';

const sumOf = (numbers: readonly number[]) => {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
};

/** Finite, and so that no sum of a test's overflows. */
const doubles = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { maxLength: 60 });

/** The true sum in units of 2^-1074, of which every double is a whole number. */
function trueSum(numbers: readonly number[]): bigint {
  const view = new DataView(new ArrayBuffer(8));
  return numbers.reduce((sum, number) => {
    view.setFloat64(0, number);
    const bits = view.getBigUint64(0);
    const exponent = (bits >> 52n) & 0x7ffn;
    const mantissa = bits & 0xfffffffffffffn;
    const size = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
    return bits >> 63n ? sum - size : sum + size;
  }, 0n);
}

describe('an exact sum', () => {
  it.each([
    [[], 0],
    [[0.1, 0.2, 0.3], 0.6],
    [[1e100, 1, -1e100], 1],
    [Array.from({ length: 10 }, () => 0.1), 1],
    [[1, 1e-16, 1e-16], 1.0000000000000002],
  ])('of %j is %d', (numbers, value) => {
    expect(sumOf(numbers).value()).toBe(value);
  });

  it('is the same in any order and from any parts', () => {
    fc.assert(
      fc.property(doubles, fc.array(fc.nat(59), { maxLength: 5 }), (numbers, cuts) => {
        const places = [
          0,
          ...cuts.map((cut) => cut % (numbers.length + 1)).toSorted((a, b) => a - b),
          numbers.length,
        ];
        const merged = new ExactSum();
        for (let at = places.length - 1; at > 0; at -= 1) {
          const parts = sumOf(numbers.slice(places[at - 1], places[at])).parts();
          merged.addAll(JSON.parse(JSON.stringify(parts)) as number[]);
        }
        expect(merged.value()).toBe(sumOf(numbers).value());
      }),
    );
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(doubles, (numbers) => {
        expect(trueSum(sumOf(numbers).parts())).toBe(trueSum(numbers));
      }),
    );
  });

  it('is rounded to the nearest double', () => {
    fc.assert(
      fc.property(doubles, (numbers) => {
        const value = sumOf(numbers).value();
        const off = (other: number) => {
          const difference = trueSum([other]) - trueSum(numbers);
          return difference < 0n ? -difference : difference;
        };
        for (const other of [value * (1 + Number.EPSILON), value * (1 - Number.EPSILON)]) {
          expect(off(value) <= off(other)).toBe(true);
        }
      }),
    );
  });
});
