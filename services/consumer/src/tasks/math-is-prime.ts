import { defineTask } from '@heddle/client';
import { expected } from '@heddle/contracts';
import { z } from 'zod';
import { isPrime } from '../math/is-prime.ts';

const MOST_ITEMS = 100_000;

const DIGITS = 'up to 18 decimal digits, or 10^18 (a 1 with 18 noughts)';

/** Beyond the safe integers a JSON number is no longer the number that was meant: those come as text. */
const wholeNumber = z.union([
  z.int(),
  z
    .string()
    .regex(/^(?:\d{1,18}|10{18})$/, { error: expected(DIGITS) })
    .meta({ errorMessage: `expected ${DIGITS}` }),
]);

export const mathIsPrime = defineTask({
  name: 'math.is-prime',
  description:
    'Whether a number is prime, exactly: a safe integer, or decimal digits up to 10^18. Many numbers at once as `items`, as chunks of a batch have them.',
  input: z.union([
    z.strictObject({ n: wholeNumber }),
    z.strictObject({ items: z.array(wholeNumber).min(1).max(MOST_ITEMS) }),
  ]),
  output: z.union([
    z.object({ n: wholeNumber, prime: z.boolean() }),
    /** In the order of the items. */
    z.object({ primes: z.array(z.boolean()) }),
  ]),
  pool: 'thread',
  timeout: '1m',
  run: ({ input }) =>
    'n' in input
      ? { n: input.n, prime: isPrime(BigInt(input.n)) }
      : { primes: input.items.map((item) => isPrime(BigInt(item))) },
});
