import type { Benchmark } from '../harness/benchmark.ts';
import { ratePerSecond } from '../harness/keep-in-flight.ts';
import { startOurEcho } from './our-echo.ts';
import { startReferenceEcho } from './reference-echo.ts';

const JOBS = 20_000;
/** Submits that wait for their confirms at any time, in ours and in the reference. */
const WINDOW = 1_000;
/** The most that Heddle's worker takes for a task on its event loop. */
const REFERENCE_PREFETCH = 1_000;

/** From the first submit to the moment when the recorder has the results of all jobs. */
export const echo: Benchmark = {
  name: 'echo',
  about: 'debug.echo: client → broker → worker → events → recorder (SQLite), against bare amqplib and SQLite',
  warmUp: true,
  prepare: async (session) => {
    const jobs = Math.max(100, Math.round(JOBS * session.scale));
    const ours = await startOurEcho(session, { jobs, window: WINDOW });
    const sendReference = await startReferenceEcho(session, {
      jobs,
      window: WINDOW,
      prefetch: REFERENCE_PREFETCH,
    });
    return [
      {
        kind: 'comparison',
        name: 'echo',
        unit: 'jobs/s',
        target: 0.7,
        ours: () => ratePerSecond(jobs, ours.send),
        reference: () => ratePerSecond(jobs, sendReference),
      },
    ];
  },
};
