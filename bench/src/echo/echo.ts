import { JobSubmitter, RecorderClient } from '@heddle/client';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { echoInput } from './reference-messages.ts';
import { startReferenceEcho } from './reference-echo.ts';

const TASK = 'debug.echo';
const JOBS = 20_000;
/** Submits that wait for their confirms at any time, in ours and in the reference. */
const WINDOW = 1_000;
/** The most that Heddle's worker takes for a task on its event loop. */
const REFERENCE_PREFETCH = 300;

/** From the first submit to the moment when the recorder has the results of all jobs. */
export const echo: Benchmark = {
  name: 'echo',
  about: 'debug.echo: client → broker → worker → events → recorder (SQLite), against bare amqplib and SQLite',
  warmUp: true,
  prepare: async (session) => {
    const jobs = Math.max(100, Math.round(JOBS * session.scale));
    const sendOurs = await startOurEcho(session, jobs);
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
        ours: () => ratePerSecond(jobs, sendOurs),
        reference: () => ratePerSecond(jobs, sendReference),
      },
    ];
  },
};

/** The pipeline of Heddle in three processes: this one submits by the client library, a worker, a recorder. */
async function startOurEcho(session: BenchSession, jobs: number): Promise<() => Promise<void>> {
  await claimTopology(session, [TASK]);
  await startService(session, 'recorder');
  await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
  const broker = await openBroker(session, 'bench-echo');
  const submitter = new JobSubmitter(broker);
  const recorder = new RecorderClient(broker);
  let finished = 0;
  return async () => {
    finished += jobs;
    await keepInFlight(jobs, WINDOW, (index) => submitter.submit({ task: TASK, input: echoInput(index) }));
    await waitForFinished(recorder, finished);
  };
}
