import { startOurEcho } from '../echo/our-echo.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { processorSeconds } from '../processes/processor-seconds.ts';
import { costOfCounting } from './cost-of-counting.ts';

const JOBS = 20_000;
const WINDOW = 1_000;
const LIMIT_PERCENT = 2;
/** Observations made to find out what those of one job cost. */
const SAMPLES = 300_000;

/**
 * What metrics cost a worker, as a share of the processor time that a job costs it. Both are measured in the same round:
 * running twice, with metrics and without, would show the machine's moods, which are larger.
 */
export const metrics: Benchmark = {
  name: 'metrics',
  about: 'processor time that metrics cost a worker, of all that a debug.echo job costs it',
  warmUp: true,
  prepare: async (session) => {
    const jobs = Math.max(500, Math.round(JOBS * session.scale));
    const echo = await startOurEcho(session, { jobs, window: WINDOW });
    return [
      {
        kind: 'limit',
        name: 'metrics',
        unit: '% of a job',
        limit: LIMIT_PERCENT,
        ours: async () => {
          const before = await processorSeconds(echo.worker.ops);
          await echo.send();
          const perJob = (await processorSeconds(echo.worker.ops)) - before;
          return (100 * costOfCounting(SAMPLES)) / (perJob / jobs);
        },
      },
    ];
  },
};
