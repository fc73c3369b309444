import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../../test/open-test-pool.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { someRun } from '../../test/some-run.ts';
import { openPool } from '../pools/open-pool.ts';
import type { Pool } from '../pools/pool.ts';
import { eventLoopPool } from '../pools/run-on-event-loop.ts';
import { builtInModule } from '../registry/load-tasks.ts';
import { mathCountPrimes } from './math-count-primes.ts';
import { mathIsPrime } from './math-is-prime.ts';
import { mathSum } from './math-sum.ts';

let pool: Pool | undefined;
afterEach(() => pool?.close());

/** Threads as a worker has them, one a core. They load the task from its module; this one cannot run it. */
function threadsFor(task: typeof mathIsPrime | typeof mathCountPrimes): Pool {
  const run = () => Promise.reject(new Error('expected the handler to run in a thread, got it here'));
  pool = openPool(
    { task: { ...task, run }, module: builtInModule },
    {
      slots: availableParallelism(),
      log: recordingWorker().log,
      memoryBytes: 1024 ** 3,
      jobsPerProcess: 1_000,
      maxOutputBytes: 1_000,
    },
  );
  return pool;
}

describe('math.is-prime', () => {
  const numbers = [
    2_147_483_647,
    112_272_535_095_293,
    112_582_705_942_171,
    115_280_095_190_773,
    115_797_848_077_099,
    9_007_199_254_740_881,
    999_999_999_999_989,
    999_999_999_999_947,
    999_999_999_999_883,
    '999999999999999989',
    '999999999999999967',
    '999999999999999877',
    '999999999999999863',
  ];

  it('answers for 13 large primes, 5 times, in threads', async () => {
    const threads = threadsFor(mathIsPrime);
    const runs = Array.from({ length: 5 }, () => numbers).flat();
    const results = await Promise.all(
      runs.map(async (n) => threads.run(someRun(mathIsPrime, { job: { input: { n } } }).run)),
    );
    expect(results).toEqual(runs.map((n) => ({ state: 'succeeded', result: { n, prime: true } })));
  });

  it('answers for many at once, in their order', async () => {
    const { run } = someRun(mathIsPrime, {
      job: { input: { items: [1, 2, '3', 4, '1000000000000000000'] } },
    });
    expect(await eventLoopPool.run(run)).toEqual({
      state: 'succeeded',
      result: { primes: [false, true, true, false, false] },
    });
  });

  it.each([[2 ** 53], [1.5], ['1000000000000000001'], ['-1'], ['0x1'], [''], [null]])(
    'does not take %j for a number',
    (n) => {
      expect(mathIsPrime.input.safeParse({ n }).success).toBe(false);
    },
  );

  it('takes negative numbers, which are not prime', async () => {
    const { run } = someRun(mathIsPrime, { job: { input: { n: -7 } } });
    expect(mathIsPrime.input.safeParse({ n: -7 }).success).toBe(true);
    expect(await eventLoopPool.run(run)).toMatchObject({ result: { prime: false } });
  });
});

describe('math.count-primes', () => {
  it('runs on every core at once, leaves the event loop alone, tells how far it is, and stops when it is cancelled', async () => {
    const threads = threadsFor(mathCountPrimes);
    const runs = Array.from({ length: availableParallelism() }, () => {
      const { run } = someRun(mathCountPrimes, { job: { input: { from: 0, to: 1e11 } } });
      return { run, ended: Promise.resolve(threads.run(run)), heard: 0 };
    });
    let turns = 0;
    await until(() => {
      turns += 1;
      for (const job of runs) if (job.run.takeProgress(Date.now(), 0)) job.heard += 1;
      return turns >= 50 && runs.every(({ heard }) => heard >= 3);
    });
    for (const { run } of runs) run.stop('cancelled');
    for (const { ended } of runs) {
      expect(await ended).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    }
  });

  it('counts in a thread', async () => {
    const threads = threadsFor(mathCountPrimes);
    const { run } = someRun(mathCountPrimes, { job: { input: { from: 0, to: 20_000_000 } } });
    expect(await threads.run(run)).toEqual({
      state: 'succeeded',
      result: { from: 0, to: 20_000_000, count: 1_270_607 },
    });
  });

  it.each([
    { from: 2, to: 1 },
    { from: -1, to: 1 },
    { from: 0, to: 2e14 },
    { from: 0, to: 9e13 },
  ])('refuses %j', (input) => {
    expect(mathCountPrimes.input.safeParse(input).success).toBe(false);
  });
});

it('math.sum adds up what the jobs of its batch gave, in any order the same', async () => {
  const { run, worker } = someRun(mathSum, {
    job: { input: { field: 'count' }, batch: { id: 'b1' } },
  });
  const results = [{ count: 0.1 }, 0.2, { count: 0.3 }, { other: 1 }, 'text'];
  const pages = [results, []];
  worker.answer = () =>
    Promise.resolve({
      results: pages.shift()?.map((result, index) => ({ index, state: 'succeeded', result })),
    });
  expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: { sum: 0.6, count: 3 } });
});
