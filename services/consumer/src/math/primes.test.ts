import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPrimes } from './count-primes.ts';
import { isPrime } from './is-prime.ts';

const count = (from: number, to: number) => [...countPrimes(from, to)].at(-1)?.found;

function isPrimeByDivision(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
  return number > 1;
}

describe('whether a number is prime', () => {
  it('is what dividing says', () => {
    const wrong = Array.from({ length: 20_000 }, (_, number) => number).filter(
      (number) => isPrime(BigInt(number)) !== isPrimeByDivision(number),
    );
    expect(wrong).toEqual([]);
  });

  it('is no for every product', () => {
    const factor = fc.bigInt(2n, 1_000_000_000n);
    fc.assert(fc.property(factor, factor, (a, b) => !isPrime(a * b)));
  });

  it.each([
    ['the largest below 10^18', 999_999_999_999_999_989n],
    ['the largest safe one', 9_007_199_254_740_881n],
    ['a Mersenne prime', 2n ** 61n - 1n],
    ['one of fifteen digits', 112_272_535_095_293n],
  ])('is yes for %s', (_, number) => {
    expect(isPrime(number)).toBe(true);
  });

  it.each([
    ['one', 1n],
    ['nought', 0n],
    ['less than nothing', -7n],
    ['a Carmichael number', 561n],
    ['what deceives the bases 2 to 7', 3_215_031_751n],
    ['what deceives the bases 2 to 23', 3_825_123_056_546_413_051n],
    ['the square of a prime', 999_999_937n ** 2n],
    ['10^18', 10n ** 18n],
  ])('is no for %s', (_, number) => {
    expect(isPrime(number)).toBe(false);
  });
});

describe('the number of primes', () => {
  it.each([
    [0, 0, 0],
    [0, 2, 0],
    [0, 3, 1],
    [2, 3, 1],
    [3, 4, 1],
    [7, 8, 1],
    [8, 9, 0],
    [9, 10, 0],
    [0, 100, 25],
    [0, 1_000_000, 78_498],
    [1_000_000_000_000, 1_000_001_000_000, 36_249],
  ])('from %i to below %i is %i', (from, to, primes) => {
    expect(count(from, to)).toBe(primes);
  });

  it('is the same in one piece and in many', () => {
    fc.assert(
      fc.property(fc.nat(3_000_000), fc.nat(1_000_000), fc.nat(1_000_000), (from, some, more) => {
        const whole = count(from, from + some + more) ?? 0;
        expect((count(from, from + some) ?? 0) + (count(from + some, from + some + more) ?? 0)).toBe(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('is what testing each says', () => {
    fc.assert(
      fc.property(fc.nat(1e12), (from) => {
        const each = Array.from({ length: 300 }, (_, offset) => isPrime(BigInt(from + offset)));
        expect(count(from, from + 300)).toBe(each.filter(Boolean).length);
      }),
      { numRuns: 10 },
    );
  });
});
