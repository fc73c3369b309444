import { parentPort } from 'node:worker_threads';

/** What a thread is asked to do, as the tasks of the same names do it. */
export type Ask =
  | { readonly echo: unknown }
  | { readonly countFrom: number; readonly to: number }
  | { readonly ranges: readonly { readonly from: number; readonly to: number }[] }
  | { readonly fill: SharedArrayBuffer }
  | { readonly items: readonly (number | string)[] };

interface BuiltMath {
  readonly countPrimes: (from: number, to: number) => Iterable<{ readonly found: number }>;
  readonly isPrime: (number: bigint) => boolean;
}

/** The very code that the tasks run, as it was built. */
const built = (name: string) =>
  new URL(`../../../services/consumer/dist/math/${name}.js`, import.meta.url).href;
const { countPrimes } = (await import(built('count-primes'))) as BuiltMath;
const { isPrime } = (await import(built('is-prime'))) as BuiltMath;

parentPort?.on('message', ({ id, ask }: { id: number; ask: Ask }) => {
  parentPort?.postMessage({ id, result: answer(ask) }, []);
});

function answer(ask: Ask): unknown {
  if ('echo' in ask) return ask.echo;
  if ('fill' in ask) return void new Uint8Array(ask.fill).fill(1);
  if ('items' in ask) return ask.items.map((item) => isPrime(BigInt(item)));
  if ('ranges' in ask) return ask.ranges.map(({ from, to }) => countIn(from, to));
  return countIn(ask.countFrom, ask.to);
}

function countIn(from: number, to: number): number {
  let count = 0;
  for (const { found } of countPrimes(from, to)) count = found;
  return count;
}
