/** Two maps at the same time over the same numbers: which are prime, and what their squares are. */
import { Executor } from '@heddle/client';
import { url } from '../start-processes.mjs';

const executor = await Executor.connect({ url });
const numbers = Array.from({ length: 50 }, (_, n) => n + 1);
const primes = executor.map(
  'math.is-prime',
  numbers.map((n) => ({ n })),
  { chunkSize: 10 },
);
const squares = executor.map('example.square', numbers, { chunkSize: 10 });
for (const n of numbers) {
  const [prime, square] = await Promise.all([primes.next(), squares.next()]);
  if (prime.value.prime) console.log(`${n} is prime, its square is ${square.value}`);
}
await executor.shutdown();
