import { randomUUID } from 'node:crypto';
import type { BatchPlan, JobEvent } from '@heddle/contracts';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { drainOutbox, eventsOf, saidTo } from '../../test/drain-outbox.ts';
import { accepted, failed, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { cancelBatch } from './cancel-batch.ts';
import { createBatch } from './create-batch.ts';
import { deleteOldJobs } from './delete-old-jobs.ts';
import { findBatch, listBatches } from './find-batch.ts';
import { findJob } from './find-job.ts';
import { readControl } from './keep-cancels.ts';
import type { Store } from './open-database.ts';
import { readBatchResults } from './read-batch-results.ts';
import { BatchWriter } from './record-batch.ts';
import { replayDead } from './replay-dead.ts';
import { cancelJobsOfBatch, findStoppingBatches, finishStopping } from './stop-batches.ts';

describe.each(databaseKinds)('a batch on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  beforeEach(async () => {
    await drainOutbox(store);
  });
  const record = (...events: JobEvent[]) => writer.write(itemsOf(events));
  const batchOf = (id: string) => findBatch(store.db, id);

  /** A batch whose jobs have been accepted: their ids by index. */
  async function begin(
    total: number,
    more: Partial<BatchPlan> = {},
  ): Promise<{ id: string; jobs: string[] }> {
    const plan = planOf(total, more);
    await createBatch(store, { op: 'create-batch', plan, source: { inputs: Array(total).fill(1) } });
    const jobs = Array.from({ length: total }, () => randomUUID());
    await record(...jobs.map((job, index) => accepted(job, { input: 1, batch: { id: plan.id, index } })));
    await drainOutbox(store);
    return { id: plan.id, jobs };
  }

  test('that runs keeps its jobs, however old they are', async () => {
    const { id, jobs } = await begin(2);
    const [done = '', open = ''] = jobs;
    await record(succeeded(done, { result: 1 }));
    const sweep = () => deleteOldJobs(store, 'succeeded', Date.now(), undefined, 1_000);
    await sweep();
    await expect(findJob(store.db, done)).resolves.toMatchObject({ state: 'succeeded' });
    await record(succeeded(open, { result: 2 }));
    await expect(batchOf(id)).resolves.toMatchObject({ state: 'succeeded' });
    await sweep();
    await expect(findJob(store.db, done)).resolves.toBeUndefined();
  });

  test('counts each job once, whatever comes in which order and how often', async () => {
    const orders = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(), { minLength: 0, maxLength: 12 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      fc.nat(),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ([total, again, cuts, seed]) => {
        const plan = planOf(total);
        await createBatch(store, { op: 'create-batch', plan, source: { inputs: Array(total).fill(1) } });
        const events = Array.from({ length: total }, (_, index) => {
          const job = randomUUID();
          const end = index % 2 === 0 ? succeeded(job) : failed(job, 'task_failed');
          return [accepted(job, { batch: { id: plan.id, index } }), started(job), end];
        }).flat();
        const order = [...events, ...again.flatMap((n) => events.slice(n % events.length).slice(0, 1))];
        // Any order will do, as long as the seed gives the same one again.
        order.sort((a, b) => mix(a, seed) - mix(b, seed));
        let from = 0;
        for (const cut of [...cuts.map((n) => n % order.length).toSorted((a, b) => a - b), order.length]) {
          if (cut > from) await record(...order.slice(from, cut));
          from = Math.max(from, cut);
        }
        const { counts, state } = await batchOf(plan.id);
        const wins = Math.ceil(total / 2);
        expect(counts).toMatchObject({ total, succeeded: wins, failed: total - wins, dead: 0, cancelled: 0 });
        expect(state).toBe(total > 1 ? 'failed' : 'succeeded');
      }),
      { numRuns: 30 },
    );
  });

  test('is counted exactly once by transactions that run at the same time', async () => {
    const { id, jobs } = await begin(60);
    const ends = jobs.map((job) => succeeded(job));
    const other = new BatchWriter(store);
    await Promise.all([
      ...chunksOf(ends, 7).map((some) => writer.write(itemsOf(some))),
      ...chunksOf(ends.toReversed(), 11).map((some) => other.write(itemsOf(some))),
    ]);
    expect(await batchOf(id)).toMatchObject({ state: 'succeeded', counts: { succeeded: 60 } });
  });

  test('moves a job that was cancelled and had succeeded', async () => {
    const { id, jobs } = await begin(2);
    const [first] = jobs as [string];
    await record(cancelledUnrun(first));
    expect((await batchOf(id)).counts).toMatchObject({ cancelled: 1, succeeded: 0 });
    await record(succeeded(first));
    expect((await batchOf(id)).counts).toMatchObject({ cancelled: 0, succeeded: 1 });
  });

  test('with a reduce job has it started once, and ends as that does', async () => {
    const { id, jobs } = await begin(3, { reduce: { task: 'debug.sum', input: { x: 1 } } });
    writer.events.takeHasOutgoing();
    await record(...jobs.slice(0, 2).map((job) => succeeded(job)));
    expect(await drainOutbox(store)).toEqual([]);
    expect(writer.events.takeHasOutgoing()).toBe(false);
    await record(failed(jobs[2] ?? '', 'task_failed'));
    expect(writer.events.takeHasOutgoing()).toBe(true);
    const { reduceJob, state } = await batchOf(id);
    expect(state).toBe('running');
    expect(saidTo(await drainOutbox(store), 'heddle.requests')).toMatchObject([
      { type: 'batch-complete', plan: { id }, reduceJob },
    ]);
    await record(...jobs.map((job) => succeeded(job, { run: 'again' })));
    expect(await drainOutbox(store)).toEqual([]);
    const reduce = reduceJob as string;
    await record(accepted(reduce, { task: 'debug.sum', input: 1, batch: { id } }));
    expect((await batchOf(id)).state).toBe('running');
    await record(failed(reduce, 'task_failed', { type: 'dead' }));
    expect((await batchOf(id)).state).toBe('failed');
    expect(saidTo(await drainOutbox(store), 'heddle.control')).toEqual([{ type: 'batch-ended', batch: id }]);
    await replayDead(store, writer.events, { op: 'replay', select: { ids: [reduce] }, limit: 1 });
    const replayed = (await drainOutbox(store)).find((message) => message.exchange === 'heddle.submit');
    expect(replayed?.message.properties.headers).toMatchObject({ 'heddle-batch': { id } });
    await record(succeeded(reduce, { generation: 1, result: { sum: 6 } }));
    expect(await batchOf(id)).toMatchObject({ state: 'succeeded', result: { sum: 6 } });
  });

  test('that stops at the first failure cancels the rest in the background, and no replay with it', async () => {
    const { id, jobs } = await begin(450, { onFailure: 'stop', reduce: { task: 'debug.sum' } });
    const [first, second] = jobs as [string, string];
    await record(started(second));
    await record(failed(first, 'task_failed'));
    expect(await batchOf(id)).toMatchObject({ state: 'failed', reduceJob: null });
    expect((await readControl(store.db)).cancelled).toContain(id);
    expect(saidTo(await drainOutbox(store), 'heddle.control')).toEqual([
      { type: 'cancel', job: id },
      { type: 'batch-ended', batch: id },
    ]);
    expect(await findStoppingBatches(store, 0)).toContain(id);
    await replayDead(store, writer.events, { op: 'replay', select: { ids: [first] }, limit: 1 });
    await expect(cancelJobsOfBatch(store, writer.events, id, 300)).resolves.toBe(300);
    await expect(cancelJobsOfBatch(store, writer.events, id, 300)).resolves.toBe(148);
    await finishStopping(store, id, Date.now());
    expect(await findStoppingBatches(store, 0)).toContain(id);
    await expect(findJob(store.db, first)).resolves.toMatchObject({ state: 'queued' });
    await record(succeeded(second));
    expect(await findStoppingBatches(store, 0)).not.toContain(id);
    expect((await batchOf(id)).counts).toMatchObject({ failed: 1, cancelled: 448, succeeded: 1 });
    const events = eventsOf(await drainOutbox(store));
    expect(events.filter((event) => event.type === 'cancelled')).toHaveLength(448);
  });

  test('can be cancelled as long as it runs, also while it is being expanded', async () => {
    const plan = planOf(3);
    await createBatch(store, { op: 'create-batch', plan, source: { inputs: [1, 2, 3] } });
    const { id } = plan;
    await expect(cancelBatch(store, id)).resolves.toMatchObject({ id, state: 'cancelled' });
    await expect(cancelBatch(store, id)).resolves.toMatchObject({ state: 'cancelled' });
    const jobs = Array.from({ length: 3 }, () => randomUUID());
    await record(...jobs.map((job, index) => accepted(job, { batch: { id, index } })));
    await expect(cancelJobsOfBatch(store, writer.events, id, 10)).resolves.toBe(3);
    expect(await batchOf(id)).toMatchObject({ state: 'cancelled', counts: { cancelled: 3 } });
    const ended = await begin(1);
    await record(succeeded(ended.jobs[0] ?? ''));
    await expect(cancelBatch(store, ended.id)).rejects.toMatchObject({ code: 'not_cancellable' });
    await expect(cancelBatch(store, randomUUID())).rejects.toMatchObject({ code: 'batch_not_found' });
  });

  test('gives its results in the order of its inputs, page by page', async () => {
    const { id, jobs } = await begin(130);
    await record(...jobs.toReversed().map((job) => succeeded(job, { result: jobs.indexOf(job) * 2 })));
    const results = [];
    for (let first = 0; ; ) {
      const page = (await readBatchResults(store.db, id, first, 50)).results;
      results.push(...page);
      const last = page.at(-1);
      if (!last) break;
      first = last.index + 1;
    }
    expect(results).toEqual(
      jobs.map((job, index) => ({ index, id: job, state: 'succeeded', result: index * 2, error: undefined })),
    );
  });

  test('is listed, newest first', async () => {
    const plans = [1, 2, 3].map((n) => planOf(1, { acceptedAt: 5e12 + n }));
    for (const plan of plans) await createBatch(store, { op: 'create-batch', plan, source: { inputs: [1] } });
    const page = await listBatches(store.db, undefined, 2);
    expect(page.batches.map((batch) => batch.id)).toEqual([plans[2]?.id, plans[1]?.id]);
    const rest = await listBatches(store.db, page.next ?? '', 1);
    expect(rest.batches.map((batch) => batch.id)).toEqual([plans[0]?.id]);
  });
});

function planOf(total: number, more: Partial<BatchPlan> = {}): BatchPlan {
  const id = randomUUID();
  return { id, task: 'debug.echo', total, onFailure: 'collect', options: {}, acceptedAt: 1_000, ...more };
}

function cancelledUnrun(job: string): JobEvent {
  const moment = { generation: 0, attempt: 0, run: '', seq: 0, at: 1_005 };
  return { type: 'cancelled', job, task: 'debug.echo', ...moment };
}

function mix(event: JobEvent, seed: number): number {
  let hash = seed;
  for (const character of `${event.job}${event.type}`)
    hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
  return hash;
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );
}
