/** Odd numbers of one segment: a byte each, which fits into a core's own cache. */
const SEGMENT = 256 * 1024;

/**
 * Counts the primes from `from` to below `to`, segment by segment, by a sieve of odd numbers. After each segment it yields how
 * many it has found so far and where it stands: the memory is that of a segment and of the primes up to the square root of `to`.
 */
export function* countPrimes(from: number, to: number): Generator<{ found: number; at: number }> {
  const primes = oddPrimesTo(Math.ceil(Math.sqrt(to)));
  let found = from <= 2 && to > 2 ? 1 : 0;
  const composite = new Uint8Array(SEGMENT);
  // Odd numbers from here on; 1 is none of the primes.
  for (let low = Math.max(3, from + 1 - (from % 2)); low < to; low += 2 * SEGMENT) {
    const high = Math.min(low + 2 * SEGMENT, to);
    const size = Math.ceil((high - low) / 2);
    composite.fill(0, 0, size);
    for (const prime of primes) {
      if (prime * prime >= high) break;
      for (let at = (firstMultiple(prime, low) - low) / 2; at < size; at += prime) composite[at] = 1;
    }
    for (let at = 0; at < size; at += 1) if (composite[at] === 0) found += 1;
    yield { found, at: high };
  }
  yield { found, at: to };
}

/** The first odd multiple that is neither below `low` nor the prime itself nor struck by a smaller one. */
function firstMultiple(prime: number, low: number): number {
  const multiple = Math.max(prime * prime, Math.ceil(low / prime) * prime);
  return multiple % 2 === 0 ? multiple + prime : multiple;
}

function oddPrimesTo(limit: number): Uint32Array {
  const size = Math.max(0, Math.floor((limit - 1) / 2));
  // Place i stands for 2i + 3.
  const composite = new Uint8Array(size);
  let count = 0;
  for (let i = 0; i < size; i += 1) {
    if (composite[i]) continue;
    count += 1;
    const prime = 2 * i + 3;
    for (let j = (prime * prime - 3) / 2; j < size; j += prime) composite[j] = 1;
  }
  const primes = new Uint32Array(count);
  for (let i = 0, at = 0; i < size; i += 1) if (!composite[i]) primes[at++] = 2 * i + 3;
  return primes;
}
