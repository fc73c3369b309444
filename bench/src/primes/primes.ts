import { availableParallelism } from 'node:os';
import { Executor } from '@heddle/client';
import { GatewayCalls } from '../concurrency/gateway-calls.ts';
import type { Ask } from '../concurrency/reference-thread.process.ts';
import { ReferenceThreads } from '../concurrency/reference-threads.ts';
import type { Benchmark, BenchSession, Limit, Measurement } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { type LoopAndCores, watchProcess } from './watch-process.ts';

const TASKS = ['math.count-primes', 'math.is-prime', 'math.sum'];
const COUNT_TO = 4_000_000_000;
/** Of some 0.7 s each. */
const COUNT_PARTS = 16;
/** Of some 1 ms of work each. */
const RANGES = 8_000;
const RANGES_A_CHUNK = 500;
/** Of some 0.06 ms of work each: what an item costs on its way, in JSON and on disk, is several percent of it. */
const ITEMS = 160_000;
/** Some 0.6 s of work each, as docs/guide/batches.md says how to choose it; an equal number for each of two or four cores. */
const CHUNK = 10_000;
/** What messaging may cost of the work: 5 %. */
const LEAST_RATIO = 0.95;
const LONGEST_LAG_MS = 50;
const LARGE_PRIMES = [
  112_272_535_095_293,
  112_582_705_942_171,
  115_280_095_190_773,
  115_797_848_077_099,
  9_007_199_254_740_881,
  999_999_999_999_989,
  999_999_999_999_947,
  999_999_999_999_883,
  2_147_483_647,
  '999999999999999989',
  '999999999999999967',
  '999999999999999877',
  '999999999999999863',
] as const;

/** Work for every core: maps over primes, what the messages cost of it, and whether event loops stay free meanwhile. */
export const primes: Benchmark = {
  name: 'primes',
  about: 'maps over primes through broker and worker threads, against a pool of threads in one process',
  warmUp: true,
  prepare: async (session) => {
    await claimTopology(session, TASKS);
    for (const name of ['recorder', 'producer'] as const) await startService(session, name);
    const worker = await startService(session, 'consumer', { HEDDLE_TASKS: TASKS.join(',') });
    const { url, ops } = await startService(session, 'gateway');
    for (const task of TASKS) await waitForTask(url, task);
    const threads = await ReferenceThreads.start(session);
    const executor = new Executor(await openBroker(session, 'bench-primes'));
    session.cleanUp.add('shut the executor down', () => executor.shutdown());
    return measurements(
      session,
      { gateway: new GatewayCalls(url), executor, threads },
      { worker: worker.ops, gateway: ops },
    );
  },
};

interface Tools {
  readonly gateway: GatewayCalls;
  readonly executor: Executor;
  readonly threads: ReferenceThreads;
}

function measurements(
  session: BenchSession,
  { gateway, executor, threads }: Tools,
  ops: { readonly worker: number; readonly gateway: number },
): Measurement[] {
  const countTo = Math.round(COUNT_TO * session.scale);
  const part = Math.ceil(countTo / COUNT_PARTS);
  const numbers = Math.ceil(countTo / RANGES);
  const ranges = Array.from({ length: RANGES }, (_, place) => ({
    from: place * numbers,
    to: Math.min((place + 1) * numbers, countTo),
  }));
  const length = Math.max(LARGE_PRIMES.length * 5, Math.round(ITEMS * session.scale));
  const items = Array.from({ length }, (_, place) => LARGE_PRIMES[place % LARGE_PRIMES.length] ?? 2);
  const map = (inputs: readonly unknown[], chunk: number) =>
    gateway.batch({ task: 'math.is-prime', inputs, chunk });
  /** The same chunks, all of them waiting for a thread from the start. */
  const inThreads = <T>(inputs: readonly T[], chunk: number, ask: (part: readonly T[]) => Ask) => {
    const chunks = Math.ceil(inputs.length / chunk);
    return keepInFlight(chunks, chunks, (place) =>
      threads.call(ask(inputs.slice(place * chunk, (place + 1) * chunk))),
    );
  };
  const limit = (name: string, unit: string, most: number | undefined, ours: Limit['ours']): Limit => ({
    kind: 'limit',
    name,
    unit,
    limit: most,
    ours,
  });
  const watched = async (port: number): Promise<LoopAndCores> =>
    await watchProcess(port, () => map(items, CHUNK));
  return [
    {
      kind: 'comparison',
      name: `Executor.map of ${RANGES} small ranges in chunks of ${RANGES_A_CHUNK}`,
      unit: 'items/s',
      target: LEAST_RATIO,
      ours: () => ratePerSecond(RANGES, () => mapRanges(executor, ranges)),
      reference: () =>
        ratePerSecond(RANGES, () => inThreads(ranges, RANGES_A_CHUNK, (part) => ({ ranges: part }))),
    },
    {
      kind: 'comparison',
      name: `batch of ${length} large primes in chunks of ${CHUNK}`,
      unit: 'items/s',
      target: LEAST_RATIO,
      ours: () => ratePerSecond(length, () => map(items, CHUNK)),
      reference: () => ratePerSecond(length, () => inThreads(items, CHUNK, (part) => ({ items: part }))),
    },
    {
      kind: 'comparison',
      name: `batch with a reduce job, ${COUNT_PARTS} parts`,
      unit: 'numbers/s',
      target: LEAST_RATIO,
      ours: () =>
        ratePerSecond(countTo, () =>
          gateway.batch({
            task: 'math.count-primes',
            range: { from: 0, to: countTo, chunk: part },
            reduce: { task: 'math.sum' },
          }),
        ),
      reference: () =>
        ratePerSecond(countTo, () =>
          keepInFlight(COUNT_PARTS, COUNT_PARTS, (place) =>
            threads.call({ countFrom: place * part, to: Math.min((place + 1) * part, countTo) }),
          ),
        ),
    },
    limit(
      'event loop of the worker, longest lag in a map',
      'ms',
      LONGEST_LAG_MS,
      async () => (await watched(ops.worker)).lagMs,
    ),
    limit(
      'event loop of the gateway, longest lag in a map',
      'ms',
      LONGEST_LAG_MS,
      async () => (await watched(ops.gateway)).lagMs,
    ),
    limit(
      `cores of ${availableParallelism()} that the worker leaves idle in a map`,
      'cores',
      undefined,
      async () => Math.max(0, availableParallelism() - (await watched(ops.worker)).cores),
    ),
    limit('13 large primes × 5, a job for each', 'ms', undefined, async () => {
      const began = performance.now();
      await gateway.batch({ task: 'math.is-prime', inputs: items.slice(0, 65).map((n) => ({ n })) });
      return performance.now() - began;
    }),
  ];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

async function mapRanges(executor: Executor, ranges: readonly Range[]): Promise<void> {
  let results = 0;
  for await (const _ of executor.map('math.count-primes', ranges, { chunkSize: RANGES_A_CHUNK }))
    results += 1;
  if (results !== ranges.length) throw new Error(`expected ${ranges.length} counts, got ${results}`);
}
