import { encodeControl, type RecorderRequest } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerNode, startBroker } from '../../../test/support/broker.ts';
import { builtFile } from '../../../test/support/built-file.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

const TASKS = `debug.*,${builtFile(new URL('../test/tasks/long-tasks.ts', import.meta.url))}`;
/** The broker takes deliveries back that are held for longer. */
const TIMEOUT_MS = 4_000;
const LONG_MS = 2.5 * TIMEOUT_MS;

let node: BrokerNode;
let worker: RunningWorker;
/** All at the same time, on two workers. */
let whole: string[];
let limited: string[];
let endless: string;
beforeAll(async () => {
  node = await startBroker();
  await node.setConsumerTimeout(TIMEOUT_MS);
  worker = await runWorker({ HEDDLE_TASKS: TASKS, HEDDLE_GUARD_AFTER: '500ms' }, answer, node);
  await worker.another();
  [whole, limited, endless] = await Promise.all([
    Promise.all([submit('debug.sleep', LONG_MS), submit('long.free', LONG_MS)]),
    Promise.all([submit('long.one', LONG_MS / 2 + 500), submit('long.one', LONG_MS / 2 + 500)]),
    submit('debug.sleep', 600_000),
  ]);
});
afterAll(async () => {
  await worker?.close();
  await node?.stop();
});

async function submit(task: string, ms: number): Promise<string> {
  return (await worker.submitter.submit({ task, input: { ms } })).id;
}

/** What the recorder would know of a job. */
function answer(request: RecorderRequest): unknown {
  if (request.op === 'control-snapshot') return { cancelled: [], paused: [] };
  if (request.op !== 'job') return { tasks: 1 };
  const events = worker.eventsOf(request.id).filter(({ run }) => run !== '');
  const started = events.filter(({ type }) => type === 'started');
  const last = events.at(-1)?.type ?? 'queued';
  const attempts = started.map(({ attempt, run, at }) => ({
    number: attempt,
    run,
    worker: '',
    startedAt: at,
    endedAt: null,
    error: null,
  }));
  const state = last === 'started' || last === 'progress' ? 'running' : last;
  return { id: request.id, state, generation: 0, attempts };
}

const runsOf = (job: string) =>
  new Set(worker.eventsOf(job).flatMap(({ run }) => (run === '' ? [] : [run]))).size;

const left = async () => {
  const queues = await worker.vhost.listQueues();
  const ofJobs = queues.filter(({ name }) => /^heddle\.(jobs|delay|dropped)/.test(name));
  return ofJobs.reduce((sum, { ready, unacked }) => sum + ready + unacked, 0);
};

describe('jobs longer than the broker lets a delivery be held', () => {
  it('can be cancelled', async () => {
    await until(() => worker.eventsOf(endless).some(({ type }) => type === 'started'));
    await worker.publish('heddle.control', '', encodeControl({ type: 'cancel', job: endless }));
    expect(await worker.ended(endless)).toMatchObject({ type: 'cancelled' });
  });

  it('run once, and their results count once', async () => {
    const ends = await Promise.all(whole.map((id) => worker.ended(id)));
    expect(ends.map(({ type }) => type)).toEqual(['succeeded', 'succeeded']);
  });

  it('keep their token, so that no other runs beside them', async () => {
    const ends = await Promise.all(limited.map((id) => worker.ended(id)));
    const spans = limited.map((id, at) => ({
      from: worker.eventsOf(id).find(({ type }) => type === 'started')?.at ?? 0,
      to: ends[at]?.at ?? 0,
    }));
    const [first, second] = spans.toSorted((a, b) => a.from - b.from);
    expect(second?.from).toBeGreaterThanOrEqual(first?.to ?? Number.POSITIVE_INFINITY);
  });

  it('leave nothing behind: the last guard finds that they have ended', async () => {
    await expect.poll(left, { interval: 300 }).toBe(0);
    expect([...whole, ...limited, endless].map(runsOf)).toEqual([1, 1, 1, 1, 1]);
  });
});
