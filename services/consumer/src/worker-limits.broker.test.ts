import { type ControlNews, encodeControl, jobQueue } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';
import { forget, seen } from '../test/tasks/limited.ts';

const tasks = (file: string) => builtFile(new URL(`../test/tasks/${file}.ts`, import.meta.url));
const TASKS = tasks('limited-tasks');

let worker: RunningWorker;
beforeEach(forget);
afterEach(() => worker.close());

const tell = (news: ControlNews) => worker.publish('heddle.control', '', encodeControl(news));

/** Runs jobs again and again until so many of them run at once. */
const settlesAt = (most: number) =>
  vi.waitFor(
    async () => {
      forget();
      await run('limited.jobs', 12, 20, most);
      expect(seen.most).toBe(most);
    },
    { timeout: 60_000 },
  );

/** `together`: so many must run at once, at some time. */
async function run(task: string, jobs: number, ms: number, together = 1): Promise<string[]> {
  const submitted = await Promise.all(
    Array.from({ length: jobs }, () => worker.submitter.submit({ task, input: { ms, together } })),
  );
  const ends = await Promise.all(submitted.map(({ id }) => worker.ended(id)));
  return [...new Set(ends.map(({ type }) => type))];
}

/** The most starts within any span of so many milliseconds. */
function mostWithin(ms: number): number {
  const { starts } = seen;
  return Math.max(...starts.map((first) => starts.filter((at) => at >= first && at - first < ms).length));
}

describe('a limit of jobs at the same time', () => {
  it('holds for all workers together, and is used to the full', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await worker.another();
    expect(await run('limited.jobs', 30, 20, 3)).toEqual(['succeeded']);
    expect(seen.most).toBe(3);
  });

  it('counts what is tried again', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    expect(await run('limited.retried', 10, 20, 2)).toEqual(['succeeded']);
    expect([seen.most, seen.starts.length]).toEqual([2, 20]);
  });

  it('is what the worker that started last says: more', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await run('limited.jobs', 1, 1);
    await worker.another({ HEDDLE_TASKS: tasks('limited-to-six') });
    await settlesAt(6);
    await run('limited.jobs', 20, 20, 6);
    expect(seen.most).toBe(6);
  });

  it('is what the worker that started last says: less, though the others know of it no more than their tokens say', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await run('limited.jobs', 5, 20);
    await worker.another({ HEDDLE_TASKS: tasks('limited-to-one') });
    await settlesAt(1);
    forget();
    await run('limited.jobs', 20, 10);
    expect(seen.most).toBe(1);
    await worker.another({ HEDDLE_TASKS: TASKS });
    await settlesAt(3);
  });

  it('survives the loss of all connections', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await worker.another();
    await run('limited.jobs', 3, 1);
    await worker.vhost.closeConnections();
    await run('limited.jobs', 1, 1);
    forget();
    expect(await run('limited.jobs', 20, 20, 3)).toEqual(['succeeded']);
    expect(seen.most).toBe(3);
  });

  it('gives the tokens of a worker that leaves to the others', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await run('limited.jobs', 5, 10);
    await worker.another();
    await worker.drain();
    forget();
    expect(await run('limited.jobs', 12, 20, 3)).toEqual(['succeeded']);
    expect(seen.most).toBe(3);
  });
});

it('one worker runs as many at once as it is told to', async () => {
  worker = await runWorker({ HEDDLE_TASKS: TASKS, HEDDLE_CONCURRENCY: 'limited.*=2' });
  expect(await run('limited.jobs', 12, 20, 2)).toEqual(['succeeded']);
  expect(seen.most).toBe(2);
});

describe('a limit of jobs begun in a time', () => {
  it('is not exceeded within any such time, on two workers', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await worker.another();
    // All are there before the first begins: what is measured is the limit, not how fast they come.
    await tell({ type: 'paused', tasks: ['limited.rated'] });
    const queue = () => worker.broker.inspectQueue(jobQueue('limited.rated'));
    await expect.poll(queue).toMatchObject({ consumers: 0 });
    const ended = run('limited.rated', 17, 5);
    await expect.poll(queue).toMatchObject({ ready: 17 });
    await tell({ type: 'paused', tasks: [] });
    expect(await ended).toEqual(['succeeded']);
    expect(mostWithin(490)).toBe(5);
    const took = (seen.starts.at(-1) ?? 0) - (seen.starts[0] ?? 0);
    // Three whole times of 500 ms.
    expect(took).toBeGreaterThan(1_490);
    // Not held up until jobs that wait in vain go back, after 20 s.
    expect(took).toBeLessThan(19_000);
  });

  it('goes together with one of jobs at the same time', async () => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    await worker.another();
    expect(await run('limited.both', 12, 30, 2)).toEqual(['succeeded']);
    expect(seen.most).toBe(2);
    expect(mostWithin(390)).toBeLessThanOrEqual(4);
  });
});
