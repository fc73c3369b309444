import { JobSubmitter, type NewJob, newJobId, RecorderClient } from '@heddle/client';
import { DEFAULT_PRIORITY } from '@heddle/contracts';
import { echoInput } from '../echo/reference-messages.ts';
import type { Benchmark, BenchSession } from '../harness/benchmark.ts';
import { keepInFlight, ratePerSecond } from '../harness/keep-in-flight.ts';
import { startService } from '../processes/start-service.ts';
import { waitForFinished } from '../processes/wait-for-finished.ts';
import { claimTopology } from '../queues/claim-topology.ts';
import { openBroker } from '../queues/open-broker.ts';
import { waitForTask } from '../submit/wait-for-task.ts';
import { startReceiver } from './start-receiver.ts';

const ECHO = 'debug.echo';
const FAIL = 'debug.fail';
const JOBS = 4_000;
/** Keyed jobs, and webhooks, take several times as long. */
const FEW_JOBS = 1_000;
const WINDOW = 500;
const DELAY_MS = 100;
const HOUR_MS = 3_600_000;
const OWN_TASKS = ['bench.plain', 'bench.thread', 'bench.process', 'bench.telling'];
const PRIORITIES = 10;

/** The suffix of this very file: `.ts` when run from the sources, `.js` when built. */
const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const ownTasks = new URL(`./feature-tasks.process${suffix}`, import.meta.url).href;

/** What a round of jobs with one feature does, and how many of jobs of its own it makes for each. */
interface Feature {
  readonly name: string;
  readonly jobs: number;
  /** Jobs that the recorder has more when a round is over; default: as many as the round has. */
  readonly recorded?: number;
  /** The jobs without it; default: plain echo jobs. */
  readonly beside?: (jobs: number) => Promise<void>;
  run(jobs: number): Promise<void>;
}

/** Jobs a second from the first submit until the recorder has the last result: with a feature, beside jobs without any. */
export const features: Benchmark = {
  name: 'features',
  about:
    'jobs that use retries, delays, cancels, keys, batches, webhooks, pools, …, each against the same jobs without',
  warmUp: true,
  prepare: async (session) => {
    const stack = await startStack(session);
    let finished = 0;
    const round = async ({ jobs, recorded = jobs, run }: Omit<Feature, 'name'>): Promise<number> => {
      finished += recorded;
      return ratePerSecond(jobs, async () => {
        await run(jobs);
        await waitForFinished(stack.recorder, finished, 'any');
      });
    };
    return listFeatures(session, stack).map((feature) => ({
      kind: 'comparison',
      name: feature.name,
      unit: 'jobs/s',
      target: undefined,
      ours: () => round(feature),
      reference: () => round({ jobs: feature.jobs, run: feature.beside ?? stack.send({}) }),
    }));
  },
};

interface FeatureStack {
  readonly recorder: RecorderClient;
  readonly gatewayUrl: string;
  readonly receiverUrl: string;
  /** A round of jobs that differ from plain ones by this. */
  readonly send: (options: Partial<NewJob>) => (jobs: number) => Promise<void>;
  /** The same, of options that differ from job to job. */
  readonly sendEach: (optionsOf: (index: number) => Partial<NewJob>) => (jobs: number) => Promise<void>;
}

async function startStack(session: BenchSession): Promise<FeatureStack> {
  await claimTopology(session, [ECHO, FAIL, 'webhook.deliver', ...OWN_TASKS], [DELAY_MS, HOUR_MS]);
  await startService(session, 'recorder');
  await startService(session, 'consumer', { HEDDLE_TASKS: `${ECHO},${FAIL},${ownTasks}` });
  await startService(session, 'producer');
  await startService(session, 'notifier', { HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8' });
  const { url: gatewayUrl } = await startService(session, 'gateway');
  await waitForTask(gatewayUrl, ECHO);
  const broker = await openBroker(session, 'bench-features');
  const submitter = new JobSubmitter(broker);
  const sendEach: FeatureStack['sendEach'] = (optionsOf) => (jobs) =>
    keepInFlight(jobs, WINDOW, (index) =>
      submitter.submit({ task: ECHO, input: echoInput(index), ...optionsOf(index) }),
    );
  return {
    recorder: new RecorderClient(broker),
    gatewayUrl,
    receiverUrl: await startReceiver(session),
    send: (options) => sendEach(() => options),
    sendEach,
  };
}

function listFeatures(session: BenchSession, stack: FeatureStack): readonly Feature[] {
  const { send, sendEach, recorder } = stack;
  const jobs = Math.max(50, Math.round(JOBS * session.scale));
  const few = Math.max(20, Math.round(FEW_JOBS * session.scale));
  const webhook = { url: stack.receiverUrl };
  const failing = { task: FAIL, input: { message: 'as asked' } };
  return [
    {
      name: 'retries, set and not needed',
      jobs,
      run: send({ retry: { attempts: 5, backoff: 'exponential', delay: 1_000 } }),
    },
    {
      name: 'retries, one needed',
      jobs: few,
      run: send({ ...failing, retry: { attempts: 2, backoff: 'fixed', delay: DELAY_MS, jitter: 0 } }),
    },
    { name: `delay of ${DELAY_MS} ms`, jobs, run: send({ delayMs: DELAY_MS }) },
    {
      name: 'ttl and resultTtl',
      jobs,
      run: (count) => send({ deadline: Date.now() + HOUR_MS, resultTtlMs: HOUR_MS })(count),
    },
    { name: 'key', jobs: few, run: (count) => sendKeyed(recorder, count) },
    { name: 'ten priorities', jobs, run: sendEach((index) => ({ priority: index % PRIORITIES })) },
    { name: 'delayed, and cancelled before that', jobs: few, run: (count) => sendAndCancel(stack, count) },
    {
      name: 'progress, of jobs too short to be told of',
      jobs,
      run: send({ task: 'bench.telling' }),
      beside: send({ task: 'bench.plain' }),
    },
    ...['thread', 'process'].map((pool) => ({
      name: `in the ${pool} pool`,
      jobs,
      run: send({ task: `bench.${pool}` }),
      beside: send({ task: 'bench.plain' }),
    })),
    { name: 'in a batch', jobs, run: (count) => sendBatch(stack.gatewayUrl, count) },
    // Each delivery is a job of its own.
    { name: 'webhook', jobs: few, recorded: 2 * few, run: send({ webhook }) },
  ];
}

/** As the gateway does it for jobs with a `key` or an `Idempotency-Key`. */
function sendKeyed(recorder: RecorderClient, jobs: number): Promise<void> {
  return keepInFlight(jobs, WINDOW, (index) => {
    const id = newJobId();
    return recorder.ask({
      op: 'submit',
      key: id,
      fingerprint: id.replaceAll('-', '').padEnd(64, '0'),
      job: {
        id,
        task: ECHO,
        input: echoInput(index),
        priority: DEFAULT_PRIORITY,
        tags: [],
        acceptedAt: Date.now(),
      },
    });
  });
}

async function sendAndCancel({ sendEach, recorder }: FeatureStack, jobs: number): Promise<void> {
  const ids = Array.from({ length: jobs }, () => newJobId());
  await sendEach((index) => ({ id: ids[index] ?? newJobId(), delayMs: HOUR_MS }))(jobs);
  await keepInFlight(jobs, WINDOW, (index) => recorder.ask({ op: 'cancel', id: ids[index] ?? '' }));
}

async function sendBatch(gatewayUrl: string, jobs: number): Promise<void> {
  const inputs = Array.from({ length: jobs }, (_, index) => echoInput(index));
  const response = await fetch(`${gatewayUrl}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: ECHO, inputs }),
  });
  if (response.status !== 202) throw new Error(`expected 202, got ${response.status}`);
}
