import { JobSubmitter, RecorderClient } from '@heddle/client';
import type { RecorderReplies } from '@heddle/contracts';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { keepInFlight } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { startBareDelays } from './bare-delays.ts';

const TASK = 'debug.echo';
const DELAY_MS = 2_000;
/** 5 % of the delay. */
const LIMIT_MS = 100;
const WINDOW = 1_000;
const PAGE = 200;

/** How many are due at once, and the most that any of them may be off. */
const bursts = [
  { due: 100, limit: LIMIT_MS },
  { due: 1_000, limit: undefined },
  { due: 10_000, limit: undefined },
] as const;

/** The largest difference between when a job was to begin and when it began, of a burst that was submitted at once. */
export const delays: Benchmark = {
  name: 'delays',
  about:
    'jobs with a delay of 2 s, submitted in a burst: the most that any begins off its time, against one bare TTL queue',
  warmUp: true,
  prepare: async (session) => {
    const ours = await startOurDelays(session);
    const bare = await startBareDelays(session, DELAY_MS);
    return bursts.map(({ due, limit }) => {
      const count = Math.max(10, Math.round(due * session.scale));
      return {
        kind: 'limit',
        name: `delays, ${due} due at once`,
        unit: 'ms',
        limit,
        ours: async () => largest(await ours(count)),
        reference: async () => largest(await bare(count)),
      };
    });
  },
};

function largest(off: readonly number[]): number {
  // Nobody comes to the very millisecond; the harness takes a figure of 0 for a mistake.
  return off.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
}

/** Resolves with a function that submits so many jobs and gives how late each was begun, in milliseconds; less than 0: early. */
async function startOurDelays(session: BenchSession): Promise<(count: number) => Promise<number[]>> {
  await claimTopology(session, [TASK], [DELAY_MS]);
  await startService(session, 'recorder');
  await startService(session, 'consumer', { HEDDLE_TASKS: TASK });
  const broker = await openBroker(session, 'bench-delays');
  const submitter = new JobSubmitter(broker);
  const recorder = new RecorderClient(broker);
  let finished = 0;
  return async (count) => {
    finished += count;
    const tag = `burst-${finished}`;
    await keepInFlight(count, WINDOW, (index) =>
      submitter.submit({ task: TASK, input: echoInput(index), delayMs: DELAY_MS, tags: [tag] }),
    );
    await waitForFinished(recorder, finished);
    const late: number[] = [];
    let cursor: string | null = null;
    do {
      const page: RecorderReplies['jobs'] = await recorder.ask({
        op: 'jobs',
        filter: { tag },
        limit: PAGE,
        ...(cursor !== null && { cursor }),
      });
      for (const { acceptedAt, startedAt } of page.jobs) late.push((startedAt ?? 0) - acceptedAt - DELAY_MS);
      cursor = page.next;
    } while (cursor !== null);
    return late;
  };
}
