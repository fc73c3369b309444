import { JobSubmitter, RecorderClient } from '@heddle/client';
import {
  concurrencyTokens,
  DEFAULT_LANES,
  laneQueue,
  ledgerQueue,
  rateTokens,
  restName,
  tokenQueue,
} from '@heddle/contracts';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark, Comparison } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { openChannel } from '../queues/open-channel.ts';

const JOBS = 10_000;
const LONG_JOBS = 500;
const WINDOW = 1_000;
/** How long a long job takes, and after how long it is guarded where it is. */
const LONG_MS = 1_500;
const GUARD_AFTER = '1s';
const PER_MS = 10;
const REST = restName(PER_MS);
const limits = [
  concurrencyTokens('bench.limited', { concurrency: 1_000 }),
  rateTokens('bench.rated', { rate: { count: 1_000, per: PER_MS } }),
];

/** The suffix of this very file: `.ts` when run from the sources, `.js` when built. */
const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const moduleOf = (name: string): string => new URL(`./${name}.process${suffix}`, import.meta.url).href;

/** What limits, fair shares and guards cost: the same no-op jobs through them and without them. */
export const flow: Benchmark = {
  name: 'flow',
  about:
    'no-op jobs until the recorder has their results: limited, fair, guarded, or beside such, against plain ones',
  warmUp: true,
  prepare: async (session) => {
    const jobs = Math.max(100, Math.round(JOBS * session.scale));
    const longJobs = Math.max(50, Math.round(LONG_JOBS * session.scale));
    const tasks = ['alone', 'beside', 'limited', 'rated', 'fair', 'long', 'guarded'].map(
      (name) => `bench.${name}`,
    );
    await claimTopology(session, tasks);
    const channel = await openChannel(session.amqpUrl, session.cleanUp);
    session.cleanUp.add('remove lanes and tokens', async () => {
      for (const queue of ownQueues()) await channel.deleteQueue(queue);
      await channel.deleteExchange(REST);
    });
    await startService(session, 'recorder');
    await startService(session, 'consumer', { HEDDLE_TASKS: moduleOf('plain-tasks') });
    await startService(session, 'consumer', {
      HEDDLE_TASKS: moduleOf('flow-tasks'),
      HEDDLE_GUARD_AFTER: GUARD_AFTER,
    });
    const broker = await openBroker(session, 'bench-flow');
    const submitter = new JobSubmitter(broker);
    const recorder = new RecorderClient(broker);
    let finished = 0;
    const rate = (task: string, count: number, ms?: number) => (): Promise<number> =>
      ratePerSecond(count, async () => {
        finished += count;
        await keepInFlight(count, WINDOW, (index) =>
          submitter.submit({ task, input: { ...echoInput(index), ms } }),
        );
        await waitForFinished(recorder, finished);
      });
    const against = (name: string, task: string): Comparison => ({
      kind: 'comparison',
      name,
      unit: 'jobs/s',
      target: undefined,
      ours: rate(task, jobs),
      reference: rate('bench.alone', jobs),
    });
    return [
      against('unused, beside tasks that use them', 'bench.beside'),
      against('limit of jobs at once', 'bench.limited'),
      against('limit of a rate', 'bench.rated'),
      against('fair shares of four tenants', 'bench.fair'),
      {
        kind: 'comparison',
        name: `jobs of ${LONG_MS} ms, guarded after ${GUARD_AFTER}`,
        unit: 'jobs/s',
        target: undefined,
        ours: rate('bench.guarded', longJobs, LONG_MS),
        reference: rate('bench.long', longJobs, LONG_MS),
      },
    ];
  },
};

function ownQueues(): string[] {
  return [
    REST,
    ...Array.from({ length: DEFAULT_LANES }, (_, lane) => laneQueue('bench.fair', lane)),
    ...limits.flatMap((limit) => (limit ? [tokenQueue(limit.name), ledgerQueue(limit.name)] : [])),
  ];
}
