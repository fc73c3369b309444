import { JobSubmitter, RecorderClient } from '@heddle/client';
import type { BenchSession } from '../harness/benchmark.ts';
import { keepInFlight } from '../harness/keep-in-flight.ts';
import { type ServiceProcess, startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { echoInput } from './reference-messages.ts';

const TASK = 'debug.echo';

interface OurEchoOptions {
  /** Jobs a round. */
  readonly jobs: number;
  /** Jobs submitted and not yet confirmed. */
  readonly window: number;
}

export interface OurEcho {
  /** Sends a round, and resolves when the recorder has the result of each job. */
  readonly send: () => Promise<void>;
  readonly worker: ServiceProcess;
}

/** The pipeline of Heddle in three processes: this one submits by the client library, a worker, a recorder. */
export async function startOurEcho(
  session: BenchSession,
  { jobs, window }: OurEchoOptions,
): Promise<OurEcho> {
  await claimTopology(session, [TASK]);
  await startService(session, 'recorder');
  const worker = await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
  const broker = await openBroker(session, 'bench-echo');
  const submitter = new JobSubmitter(broker);
  const recorder = new RecorderClient(broker);
  let finished = 0;
  const send = async (): Promise<void> => {
    finished += jobs;
    await keepInFlight(jobs, window, (index) => submitter.submit({ task: TASK, input: echoInput(index) }));
    await waitForFinished(recorder, finished);
  };
  return { send, worker };
}
