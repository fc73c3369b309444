import { jobQueue } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { openGate } from '../../../test/support/tasks/gates.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

const TASKS = builtFile(new URL('../test/tasks/slow-tasks.ts', import.meta.url));

let worker: RunningWorker;
afterEach(() => worker.close());

/** Ids of jobs in the order in which they ended. */
const endedInOrder = () =>
  worker.recorded.flatMap((entry) => ('seq' in entry && entry.type === 'succeeded' ? [entry.job] : []));

const someStarted = () => worker.recorded.some((entry) => 'seq' in entry && entry.type === 'started');

describe('priorities', () => {
  it('let a job overtake a backlog, save for what runs already', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    const input = { gate: 'backlog', ms: 100 };
    const submit = (priority: number) => worker.submitter.submit({ task: 'slow.gated', input, priority });
    const backlog = await Promise.all(Array.from({ length: 10 }, () => submit(1)));
    await until(someStarted);
    const urgent = await submit(9);
    openGate('backlog');
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
        worker.submitter.submit({ task: 'slow.gated', input: { gate: 'drain', ms: 0 } }),
      ),
    );
    await until(someStarted);
    const drained = worker.drain();
    openGate('drain');
    await drained;
    await until(() => endedInOrder().length > 0);
    const left = () => worker.broker.countMessages(jobQueue('slow.gated'));
    await expect.poll(left).toBe(submitted.length - 1);
    expect(endedInOrder()).toHaveLength(1);
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
      await expect.poll(() => worker.broker.countMessages(jobQueue(task))).toBe(1);
    expect(endedInOrder()).toEqual([]);
  });
});
