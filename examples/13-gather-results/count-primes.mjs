/** Ten pieces of work for the workers, their results gathered as they come. */
import { asCompleted, Executor } from '@heddle/client';
import { url } from '../start-processes.mjs';

const STEP = 100_000;

const executor = await Executor.connect({ url });
const pieces = Array.from({ length: 10 }, (_, n) => ({ from: n * STEP, to: (n + 1) * STEP }));
const futures = pieces.map((piece) => executor.submit('math.count-primes', piece));
let total = 0;
for await (const future of asCompleted(futures, { timeout: '2m' })) {
  const { count } = await future.result();
  total += count;
  console.log(`a worker has found ${count}`);
}
console.log(`primes below a million: ${total}`);
await executor.shutdown();
