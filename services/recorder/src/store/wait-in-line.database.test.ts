import { randomUUID } from 'node:crypto';
import { type CommitStep, type JobEvent, MAX_WAITERS } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { asking, commitOne, step, TASK, wait } from '../../test/commit-steps.ts';
import { drainOutbox } from '../../test/drain-outbox.ts';
import { failed, itemsOf, started } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { cancelJob } from './cancel-job.ts';
import { dropDead } from './drop-dead.ts';
import { expireJobs } from './expire-jobs.ts';
import { findJob } from './find-job.ts';
import { KeyStateRows } from './key-state-rows.ts';
import type { Store } from './open-database.ts';
import type { BatchWriter } from './record-batch.ts';
import { replayDead } from './replay-dead.ts';
import { wake } from './wait-in-line.ts';
import { clearAbandoned, wakeOverdue } from './wake-waiters.ts';

describe.each(databaseKinds)('the line of those who wait for a state to change, on %s,', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));

  const commit = (...asked: Parameters<typeof asking>) => commitOne(store, writer, asking(...asked));
  const state = async (key: string) => (await KeyStateRows.of(store).read([{ name: 'ledger', key }]))[0];
  const woken = async () =>
    (await drainOutbox(store))
      .filter((message) => message.exchange === 'heddle.submit')
      .map((message) => message.message.properties.messageId);

  test('wakes those who wait when it changes, first come first served, a few at a time', async () => {
    const key = randomUUID();
    const jobs = Array.from({ length: 25 }, () => randomUUID());
    const steps = jobs.map((job, index) => wait(job, { since: 1_000 + index }));
    expect((await commit(key, 0, ...steps)).outcomes.every(({ is }) => is === 'committed')).toBe(true);
    expect(await findJob(store.db, jobs[0] ?? '')).toMatchObject({ state: 'delayed', dueAt: 5e12 });
    expect(await woken()).toEqual([]);
    await commit(key, 0, step(randomUUID(), 1));
    expect(await woken()).toEqual(jobs.slice(0, 20));
    // A change while they look wakes nobody twice; who has looked in vain makes room for the next.
    await commit(key, 1, step(randomUUID(), 2));
    expect(await woken()).toEqual([]);
    await commit(key, 2, wait(jobs[0] ?? '', { attempt: 2, since: 1_000 }));
    await commit(key, 2, step(jobs[1] ?? '', undefined, { attempt: 2 }));
    expect(await woken()).toEqual(jobs.slice(20, 22));
    // It went back to its place, which is the first.
    for (const job of jobs.slice(2, 22)) await commit(key, 2, step(job, undefined, { attempt: 2 }));
    expect(await woken()).toEqual(jobs.slice(22));
    await commit(key, 2, step(randomUUID(), 3));
    expect(await woken()).toEqual([jobs[0]]);
  });

  test('wakes a job that saw an old version at once: it does not park', async () => {
    const key = randomUUID();
    await commit(key, 0, step(randomUUID(), 1));
    expect((await commit(key, 0, wait(randomUUID()))).outcomes).toEqual([{ is: 'stale' }]);
  });

  test('refuses whoever would be the 10,001st to wait for a key, and still takes what ends', async () => {
    const key = randomUUID();
    await commit(key, 0, wait(randomUUID()));
    const [one] = await store.db.selectFrom('waiters').selectAll().where('key', '=', key).execute();
    if (!one) throw new Error('expected one that waits, got none');
    const others = Array.from({ length: MAX_WAITERS - 2 }, () => ({
      ...one,
      job_id: randomUUID(),
    }));
    while (others.length > 0) {
      await store.db.insertInto('waiters').values(others.splice(0, 1_000)).execute();
    }
    const outcomes = async (...steps: CommitStep[]) =>
      (await commit(key, 0, ...steps)).outcomes.map(({ is }) => is);
    expect(await outcomes(wait(randomUUID()), wait(randomUUID()))).toEqual(['committed', 'refused']);
    expect(await outcomes(step(randomUUID(), 1))).toEqual(['committed']);
    expect(await woken()).toHaveLength(20);
    await store.db.deleteFrom('waiters').where('key', '=', key).execute();
  });

  test('takes a copy of a message whose job waits already for what it is', async () => {
    const key = randomUUID();
    const job = randomUUID();
    await commit(key, 0, wait(job));
    expect((await commit(key, 0, wait(job))).outcomes).toEqual([{ is: 'already' }]);
    expect((await commit(key, 0, step(job, 7))).outcomes).toEqual([{ is: 'already' }]);
    expect(await state(key)).toEqual({ version: 0 });
  });

  test('wakes who waits when their time is over', async () => {
    const key = randomUUID();
    const job = randomUUID();
    await commit(key, 0, wait(job, { until: 2_000 }));
    expect(await wakeOverdue(store, 1_999, 10)).toBe(0);
    expect(await wakeOverdue(store, 2_000, 10)).toBe(1);
    expect(await wakeOverdue(store, 2_000, 10)).toBe(0);
    expect(await woken()).toEqual([job]);
  });

  test('forgets who is cancelled while it waits, and who has ended elsewhere, for the good of the next', async () => {
    const key = randomUUID();
    const [cancelled, lost, next] = [randomUUID(), randomUUID(), randomUUID()];
    const others = Array.from({ length: 19 }, () => randomUUID());
    const all = [cancelled, lost, ...others, next];
    await commit(key, 0, ...all.map((job, index) => wait(job, { since: 1_000 + index })));
    expect(await cancelJob(store, writer.events, cancelled, undefined)).toMatchObject({ state: 'cancelled' });
    await commit(key, 0, step(randomUUID(), 1));
    expect(await woken()).toEqual([lost, ...others]);
    await writer.write(itemsOf([failed(lost, 'no', { task: TASK, attempt: 2 })]));
    expect(await clearAbandoned(store, Date.now() + 1, 100)).toBeGreaterThan(0);
    expect(await woken()).toEqual([next]);
  });

  test('wakes a job once, also when two see at once that it is to be woken', async () => {
    const job = randomUUID();
    await commit(randomUUID(), 0, wait(job, { until: 2_000 }));
    const seen = await store.db.selectFrom('waiters').selectAll().where('job_id', '=', job).execute();
    expect(await wakeOverdue(store, 2_000, 10)).toBe(1);
    expect(await store.db.transaction().execute((tx) => wake(tx, seen, 2_000))).toBe(0);
    expect(await woken()).toEqual([job]);
  });

  test('takes a job that is replayed after it has died in line', async () => {
    const key = randomUUID();
    const job = randomUUID();
    const accepted = { ...started(job, { task: TASK }), type: 'accepted', attempt: 0, run: '', input: {} };
    await writer.write(itemsOf([{ ...accepted, priority: 4 } as unknown as JobEvent]));
    await commit(key, 0, wait(job, { until: 2_000 }));
    expect(await wakeOverdue(store, 2_000, 10)).toBe(1);
    await writer.write(itemsOf([failed(job, 'crashed', { task: TASK, attempt: 2 })]));
    const replay = { op: 'replay' as const, select: { ids: [job] }, limit: 1 };
    expect(await replayDead(store, writer.events, replay)).toMatchObject({ replayed: 1, skipped: [] });
    const { outcomes } = await commit(key, 0, step(job, 1, { generation: 1, attempt: 1 }));
    expect(outcomes).toEqual([{ is: 'committed' }]);
    expect(await state(key)).toEqual({ version: 1, value: 1 });
    await woken();
  });

  test('keeps no place in line for a job that is deleted', async () => {
    const job = randomUUID();
    await commit(randomUUID(), 0, wait(job, { until: 2_000 }));
    await wakeOverdue(store, 2_000, 10);
    await writer.write(itemsOf([failed(job, 'crashed', { task: TASK, attempt: 2 })]));
    expect(await dropDead(store, { ids: [job] }, 1)).toEqual({ dropped: 1, left: 0 });
    const places = store.db.selectFrom('waiters').select('job_id').where('job_id', '=', job);
    expect(await places.execute()).toEqual([]);
    await woken();
  });

  test('lets no job expire that waits', async () => {
    const job = randomUUID();
    const { event } = wait(job) as { event: JobEvent };
    const deadline = { deadline: 1_500, task: TASK, type: 'accepted' };
    const accepted = { ...event, ...deadline, priority: 4, run: '', attempt: 0 } as unknown as JobEvent;
    await writer.write(itemsOf([accepted]));
    await commit(randomUUID(), 0, wait(job));
    await expireJobs(store, writer.events, Date.now(), 100);
    expect(await findJob(store.db, job)).toMatchObject({ state: 'delayed' });
  });
});
