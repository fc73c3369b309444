import { randomUUID } from 'node:crypto';
import type { BatchPlan, ExpansionPlan } from '@heddle/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { drainOutbox, saidTo } from '../../test/drain-outbox.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { cancelBatch } from './cancel-batch.ts';
import { createBatch } from './create-batch.ts';
import { deleteOldBatches } from './delete-old-jobs.ts';
import { findBatch } from './find-batch.ts';
import type { Store } from './open-database.ts';
import { dropAbandonedParts, dropParts, stagePart } from './stage-batch-parts.ts';

describe.each(databaseKinds)('a new batch on %s', (kind) => {
  let store: Store;
  setUpStore(kind, (opened) => ({ store } = opened));
  beforeEach(async () => {
    await drainOutbox(store);
  });
  const batchOf = (id: string) => findBatch(store.db, id);

  test('over a list is handed to the producers in chunks, once', async () => {
    const plan = planOf(250);
    const inputs = Array.from({ length: 250 }, (_, n) => n);
    const create = () => createBatch(store, { op: 'create-batch', plan, source: { inputs } });
    await expect(create()).resolves.toEqual({ id: plan.id, repeated: false });
    await expect(create()).resolves.toEqual({ id: plan.id, repeated: false });
    const outgoing = await drainOutbox(store);
    expect(outgoing.map((message) => message.routingKey)).toEqual(Array(3).fill('production'));
    const chunks = saidTo(outgoing, 'heddle.requests') as { first: number; inputs: number[] }[];
    const sorted = chunks.toSorted((a, b) => a.first - b.first);
    expect(sorted.map((chunk) => chunk.first)).toEqual([0, 100, 200]);
    expect(sorted.flatMap((chunk) => chunk.inputs)).toEqual(inputs);
    expect(sorted[0]).toMatchObject({ type: 'expand-list', plan: ofJobs(plan) });
  });

  test('over large inputs is cut by their bytes, and refused if one has no room in a message', async () => {
    const plan = planOf(5);
    const inputs = [100_000, 100_000, 100_000, 300_000, 10].map((bytes) => 'x'.repeat(bytes));
    await createBatch(store, { op: 'create-batch', plan, source: { inputs } });
    const chunks = saidTo(await drainOutbox(store), 'heddle.requests') as { first: number; inputs: [] }[];
    expect(chunks.map(({ first, inputs: some }) => [first, some.length])).toEqual([
      [0, 2],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    const tooLarge = planOf(1);
    const source = { inputs: ['x'.repeat(1_000)] };
    await expect(
      createBatch(store, { op: 'create-batch', plan: tooLarge, source }, 1_000),
    ).rejects.toMatchObject({ code: 'message_too_large' });
    await expect(batchOf(tooLarge.id)).rejects.toMatchObject({ code: 'batch_not_found' });
  });

  test('that is uploaded part by part is seen by nobody before it is complete, and then handed over once', async () => {
    const plan = planOf(250);
    const inputs = Array.from({ length: 250 }, (_, n) => n);
    const stage = (from: number, to: number) =>
      stagePart(store, { op: 'batch-part', plan: ofJobs(plan), first: from, inputs: inputs.slice(from, to) });
    await stage(0, 130);
    const create = () => createBatch(store, { op: 'create-batch', plan, source: { staged: 250 } });
    await expect(create()).rejects.toMatchObject({ code: 'recorder_unavailable' });
    await expect(batchOf(plan.id)).rejects.toMatchObject({ code: 'batch_not_found' });
    // The answer was lost: the gateway asks again.
    await stage(130, 250);
    await stage(130, 250);
    expect(await drainOutbox(store)).toEqual([]);
    await create();
    await create();
    const chunks = saidTo(await drainOutbox(store), 'heddle.requests') as {
      first: number;
      inputs: number[];
    }[];
    expect(chunks.map(({ first }) => first).toSorted((a, b) => a - b)).toEqual([0, 100, 130, 230]);
    expect(chunks.flatMap((chunk) => chunk.inputs).toSorted((a, b) => a - b)).toEqual(inputs);
    expect(chunks[0]).toMatchObject({ type: 'expand-list', plan: ofJobs(plan) });
    await expect(batchOf(plan.id)).resolves.toMatchObject({ counts: { total: 250 } });
  });

  test('over a folder has no jobs before its files are listed, and then all, once', async () => {
    const plan = { ...planOf(0), files: { folder: 'photos', input: {} } };
    const create = () => createBatch(store, { op: 'create-batch', plan, source: { listing: true } });
    await create();
    await create();
    expect(saidTo(await drainOutbox(store), 'heddle.requests')).toEqual([
      { type: 'list-folder', plan: ofJobs(plan) },
    ]);
    await expect(batchOf(plan.id)).resolves.toMatchObject({ state: 'running', counts: { total: 0 } });
    const list = async () => {
      await stagePart(store, { op: 'batch-part', plan: ofJobs(plan), first: 0, inputs: ['a', 'b'] });
      const listed = { ...plan, total: 2 };
      await createBatch(store, { op: 'create-batch', plan: listed, source: { staged: 2 } });
    };
    await list();
    await list();
    expect(saidTo(await drainOutbox(store), 'heddle.requests')).toMatchObject([
      { type: 'expand-list', first: 0, inputs: ['a', 'b'], plan: { files: { folder: 'photos' } } },
    ]);
    await expect(batchOf(plan.id)).resolves.toMatchObject({ state: 'running', counts: { total: 2 } });
    expect(await store.db.selectFrom('batch_parts').selectAll().execute()).toEqual([]);
  });

  test('over a folder that is cancelled while its files are listed has none', async () => {
    const plan = { ...planOf(0), files: { folder: 'photos', input: {} } };
    await createBatch(store, { op: 'create-batch', plan, source: { listing: true } });
    await cancelBatch(store, plan.id);
    await drainOutbox(store);
    await stagePart(store, { op: 'batch-part', plan: ofJobs(plan), first: 0, inputs: ['a'] });
    await createBatch(store, {
      op: 'create-batch',
      plan: { ...plan, total: 1 },
      source: { staged: 1 },
    });
    expect(await drainOutbox(store)).toEqual([]);
    await expect(batchOf(plan.id)).resolves.toMatchObject({ state: 'cancelled', counts: { total: 0 } });
  });

  test('whose upload breaks off leaves nothing, at once or when nothing has come for long', async () => {
    const [dropped, abandoned] = [planOf(2), planOf(2)];
    for (const plan of [dropped, abandoned]) {
      await stagePart(store, { op: 'batch-part', plan: ofJobs(plan), first: 0, inputs: [1] });
    }
    const left = async () =>
      (await store.db.selectFrom('batch_parts').select('batch').execute()).map(({ batch }) => batch);
    await dropParts(store.db, dropped.id);
    expect(await left()).toEqual([abandoned.id]);
    await dropAbandonedParts(store, Date.now() - 60_000);
    expect(await left()).toEqual([abandoned.id]);
    await dropAbandonedParts(store, Date.now() + 1);
    expect(await left()).toEqual([]);
  });

  test('with an idempotency key is made once; another payload under the key is refused; the key goes with the batch', async () => {
    const idempotencyKey = randomUUID();
    const [first, second] = [planOf(1), planOf(1)];
    const create = (plan: BatchPlan, what: string) =>
      createBatch(store, {
        op: 'create-batch',
        plan,
        source: { inputs: [what] },
        idempotencyKey,
        fingerprint: what.repeat(64),
      });
    await expect(create(first, 'a')).resolves.toEqual({ id: first.id, repeated: false });
    await expect(create(second, 'a')).resolves.toEqual({ id: first.id, repeated: true });
    await expect(create(planOf(1), 'b')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await drainOutbox(store)).toHaveLength(1);
    await expect(batchOf(second.id)).rejects.toMatchObject({ code: 'batch_not_found' });

    await cancelBatch(store, first.id);
    await store.db
      .updateTable('batches')
      .set({ stopping: 0, ended_at: 1 })
      .where('id', '=', first.id)
      .execute();
    await deleteOldBatches(store, 2);
    await expect(create(planOf(1), 'b')).resolves.toMatchObject({ repeated: false });
  });

  test('over a range is handed over in one message', async () => {
    const plan = planOf(1_000_000);
    const range = { from: 0, to: 2_000_000, chunk: 2 };
    await createBatch(store, { op: 'create-batch', plan, source: { range, input: { x: 1 } } });
    expect(saidTo(await drainOutbox(store), 'heddle.requests')).toEqual([
      { type: 'expand-range', plan: ofJobs(plan), first: 0, ...range, input: { x: 1 } },
    ]);
  });
});

function planOf(total: number): BatchPlan {
  const id = randomUUID();
  return { id, task: 'debug.echo', total, onFailure: 'collect', options: {}, acceptedAt: 1_000 };
}

function ofJobs(plan: BatchPlan): ExpansionPlan {
  const { total: _, ...others } = plan;
  return others;
}
