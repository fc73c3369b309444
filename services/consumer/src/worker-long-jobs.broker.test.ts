import { encodeControl, jobQueue, type RecorderRequest } from '@heddle/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BrokerNode, startBroker } from '../../../test/support/broker.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';
import { forget, seen } from '../test/tasks/limited.ts';

const TASKS = `debug.*,${new URL('../test/tasks/long-tasks.ts', import.meta.url).href}`;
/** The broker takes deliveries back that are held for longer. */
const TIMEOUT_MS = 2_000;
const LONG_MS = 4 * TIMEOUT_MS;

let node: BrokerNode;
let worker: RunningWorker;
beforeAll(async () => {
  node = await startBroker();
  await node.setConsumerTimeout(TIMEOUT_MS);
});
afterAll(() => node.stop());
beforeEach(async () => {
  forget();
  const env = { HEDDLE_TASKS: TASKS, HEDDLE_GUARD_AFTER: '500ms' };
  worker = await runWorker(env, answer, node);
});
afterEach(() => worker.close());

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

describe('jobs longer than the broker lets a delivery be held', () => {
  it('run once, on whichever pool, and nothing of them is left', async () => {
    await worker.another();
    const jobs = await Promise.all([
      worker.submitter.submit({ task: 'debug.sleep', input: { ms: LONG_MS } }),
      worker.submitter.submit({ task: 'long.free', input: { ms: LONG_MS } }),
    ]);
    const ends = await Promise.all(jobs.map(({ id }) => worker.ended(id)));
    expect(ends.map(({ type }) => type)).toEqual(['succeeded', 'succeeded']);
    expect(jobs.map(({ id }) => runsOf(id))).toEqual([1, 1]);
    const left = async () => {
      const queues = await worker.vhost.listQueues();
      const ofJobs = queues.filter(({ name }) => /^heddle\.(jobs|delay|dropped)/.test(name));
      return ofJobs.reduce((sum, { ready, unacked }) => sum + ready + unacked, 0);
    };
    await expect.poll(left, { timeout: 15_000, interval: 300 }).toBe(0);
    expect(jobs.map(({ id }) => runsOf(id))).toEqual([1, 1]);
  });

  it('keep their token, so that no other runs beside them', async () => {
    await worker.another();
    const jobs = await Promise.all(
      [1, 2].map(() => worker.submitter.submit({ task: 'long.one', input: { ms: LONG_MS / 2 + 500 } })),
    );
    await Promise.all(jobs.map(({ id }) => worker.ended(id)));
    expect([seen.most, seen.starts.length]).toEqual([1, 2]);
  });

  it('can be cancelled', async () => {
    const { id } = await worker.submitter.submit({ task: 'debug.sleep', input: { ms: 600_000 } });
    await until(() => worker.eventsOf(id).some(({ type }) => type === 'started'));
    await expect.poll(() => worker.broker.countMessages(jobQueue('debug.sleep'))).toBe(0);
    await worker.publish('heddle.control', '', encodeControl({ type: 'cancel', job: id }));
    expect(await worker.ended(id)).toMatchObject({ type: 'cancelled' });
    expect(runsOf(id)).toBe(1);
  });
});
