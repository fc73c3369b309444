import { createHash, randomUUID } from 'node:crypto';
import { encodeOutputs, type JobEvent } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { accepted, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { readDelivery } from '../read-delivery.ts';
import { createBatch } from './create-batch.ts';
import { expireResults } from './expire-results.ts';
import { findJob } from './find-job.ts';
import type { Store } from './open-database.ts';
import { readStandings } from './read-standings.ts';
import type { BatchWriter } from './record-batch.ts';
import { findOutput } from './store-output.ts';

describe.each(databaseKinds)('the time to live of results on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  const expired = async (until: number) => (await expireResults(store, 0, until, 10)).expired;
  const record = (...events: JobEvent[]) => writer.write(itemsOf(events));

  test('deletes result and outputs when it is over, and leaves the job', async () => {
    const [id, kept] = [randomUUID(), randomUUID()];
    const bytes = Buffer.from('picture');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const described = { name: 'a.png', type: 'image/png', bytes: bytes.length, sha256 };
    const message = encodeOutputs([{ ...described, job: id, run: 'run-1', body: bytes }]);
    await writer.write(readDelivery({ ...message, exchange: '', routingKey: 'output', redelivered: false }));
    const end = succeeded(id, { result: { n: 1 }, outputs: [described], resultTtlMs: 500 });
    await record(accepted(id), started(id));
    await record(end);
    // All at once, as a short job comes.
    await record(accepted(kept), succeeded(kept, { result: 2, resultTtlMs: 10_000 }));

    await expect(expired(1_519)).resolves.toBe(0);
    await expect(findJob(store.db, id)).resolves.toMatchObject({ result: { n: 1 }, resultExpiresAt: 1_520 });
    await expect(expired(1_520)).resolves.toBe(1);
    await expect(expired(1_520)).resolves.toBe(0);
    // The event comes again.
    await record(end);

    await expect(findJob(store.db, id)).resolves.toMatchObject({
      state: 'succeeded',
      result: undefined,
      outputs: [{ name: 'a.png' }],
      resultExpiresAt: 1_520,
    });
    await expect(findOutput(store.db, id, 'a.png')).rejects.toMatchObject({ code: 'result_expired' });
    const left = await store.db.selectFrom('outputs').select('name').where('job_id', '=', id).execute();
    expect(left).toEqual([]);
    const { jobs } = await readStandings(store.db, [id, kept], 1_000_000);
    expect(new Map(jobs.map((job) => [job.job, job]))).toEqual(
      new Map([
        [id, { job: id, state: 'succeeded', error: expect.objectContaining({ code: 'result_expired' }) }],
        [kept, { job: kept, state: 'succeeded', result: 2 }],
      ]),
    );
  });

  test('waits for the end of a batch that runs: its reduce job is to read the results', async () => {
    const [first, second, batch] = [randomUUID(), randomUUID(), randomUUID()];
    const task = 'debug.echo';
    const plan = { id: batch, task, total: 2, onFailure: 'collect', options: {}, acceptedAt: 1 } as const;
    await createBatch(store, { op: 'create-batch', plan, source: { inputs: [1, 2] } });
    const end = (id: string) => succeeded(id, { result: 1, resultTtlMs: 0 });
    await record(...[first, second].map((id, index) => accepted(id, { batch: { id: batch, index } })));
    await record(end(first));
    await expect(expired(2_000)).resolves.toBe(0);
    await record(end(second));
    await expect(expired(2_000)).resolves.toBe(2);
    await expect(findJob(store.db, first)).resolves.toMatchObject({ result: undefined });
  });

  test('goes through them in chunks, each beginning where the one before ended, and from any time on', async () => {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    const ends = ids.map((id, n) => succeeded(id, { at: 5_000 + n, result: n, resultTtlMs: 0 }));
    await record(...ids.map((id) => accepted(id)), ...ends);
    const first = await expireResults(store, 5_001, 6_000, 2);
    expect(first).toEqual({ expired: 2, next: 5_002 });
    await expect(expireResults(store, first.next ?? 0, 6_000, 2)).resolves.toEqual({
      expired: 2,
      next: 5_004,
    });
    await expect(expireResults(store, 5_004, 6_000, 2)).resolves.toEqual({ expired: 0, next: undefined });
    await expect(findJob(store.db, ids[0] ?? '')).resolves.toMatchObject({ result: 0 });
    await expect(expired(6_000)).resolves.toBe(1);
  });
});
