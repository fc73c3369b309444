import { jobQueue } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

const TASKS = new URL('../test/tasks/slow-tasks.ts', import.meta.url).href;

let worker: RunningWorker;
afterEach(() => worker.close());

/** Ids of jobs in the order in which they ended. */
const endedInOrder = () =>
  worker.recorded.flatMap((entry) => ('seq' in entry && entry.type === 'succeeded' ? [entry.job] : []));

describe('priorities', () => {
  it('let a job overtake a backlog, save for what runs already', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    const submit = (priority: number) =>
      worker.submitter.submit({ task: 'slow.one-at-a-time', input: { ms: 30 }, priority });
    const backlog = await Promise.all(Array.from({ length: 10 }, () => submit(1)));
    await until(() => endedInOrder().length > 0);
    const urgent = await submit(9);
    await worker.ended(urgent.id);
    await Promise.all(backlog.map(({ id }) => worker.ended(id)));
    // One may have been running and one on its way when it came.
    expect(endedInOrder().indexOf(urgent.id)).toBeLessThanOrEqual(4);
  });
});

describe('a lost connection', () => {
  it('loses no job: what was held is run again', async () => {
    worker = await runWorker();
    const submitted = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        worker.submitter.submit({ task: 'debug.sleep', input: { ms: n % 20 } }),
      ),
    );
    await worker.vhost.closeConnections();
    const ends = await Promise.all(submitted.map(({ id }) => worker.ended(id)));
    expect(new Set(ends.map(({ type }) => type))).toEqual(new Set(['succeeded']));
    await until(() => worker.announced.length > 1); // Announced again.
  });
});

describe('a worker that is told to end', () => {
  it('finishes what runs and leaves the rest in the queue', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    const submitted = await Promise.all(
      Array.from({ length: 5 }, () =>
        worker.submitter.submit({ task: 'slow.one-at-a-time', input: { ms: 200 } }),
      ),
    );
    await until(() => worker.recorded.some((entry) => 'seq' in entry && entry.type === 'started'));
    await worker.drain();
    await until(() => endedInOrder().length > 0);
    const left = await worker.broker.countMessages(jobQueue('slow.one-at-a-time'));
    expect(endedInOrder().length + left).toBe(submitted.length);
    expect(left).toBeGreaterThanOrEqual(3);
  });

  it('gives back a job that does not end in time', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS, HEDDLE_DRAIN_SECONDS: '1' });
    for (const task of ['slow.deaf', 'slow.one-at-a-time'])
      await worker.submitter.submit({ task, input: { ms: 60_000 } });
    await until(
      () => worker.recorded.filter((entry) => 'seq' in entry && entry.type === 'started').length === 2,
    );
    await worker.drain();
    for (const task of ['slow.deaf', 'slow.one-at-a-time'])
      expect(await worker.broker.countMessages(jobQueue(task))).toBe(1);
    expect(endedInOrder()).toEqual([]);
  });
});
