import { randomUUID } from 'node:crypto';
import type { CommitStep, JobEvent } from '@heddle/contracts';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { drainOutbox } from '../../test/drain-outbox.ts';
import { failed, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { cancelJob } from './cancel-job.ts';
import { type CommitReply, type CommitRequest, commitStates } from './commit-state.ts';
import { dropDead } from './drop-dead.ts';
import { expireJobs } from './expire-jobs.ts';
import { findJob } from './find-job.ts';
import type { Store } from './open-database.ts';
import { readState } from './read-state.ts';
import type { BatchWriter } from './record-batch.ts';
import { replayDead } from './replay-dead.ts';
import { wake } from './wait-in-line.ts';
import { clearAbandoned, wakeOverdue } from './wake-waiters.ts';

const TASK = 'ledger.deposit';

/** A run of a job that ended well; `value`: what it made of the state. */
function step(job: string, value?: unknown, more: Partial<JobEvent> = {}): CommitStep {
  const event = succeeded(job, { task: TASK, run: randomUUID(), result: { value }, ...more } as never);
  return { event, ...(value !== undefined && { state: { value } }) };
}

/** A run of a job that wants to wait. */
function wait(job: string, { attempt = 1, since = 1_000, until = 5e12 } = {}): CommitStep {
  const { task, generation, worker } = started(job, { task: TASK }) as Extract<JobEvent, { type: 'started' }>;
  const event = { type: 'waiting', job, task, generation, worker, attempt, run: randomUUID() } as const;
  return {
    event: { ...event, seq: 1, at: since, startedAt: since, until },
    parked: { waiting: { since, until }, message: { properties: { messageId: job }, body: '{}' } },
  };
}

async function waitingSessions({ db }: Store): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.waiting ?? 0;
}

describe.each(databaseKinds)('state by key on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));

  const asking = (key: string, expectedVersion: number, ...steps: CommitStep[]): CommitRequest => {
    return { op: 'state-commit', state: 'ledger', key, expectedVersion, steps };
  };
  const commit = async (...asked: Parameters<typeof asking>): Promise<CommitReply> => {
    const { replies } = await commitStates(store, writer.events, [asking(...asked)]);
    const [reply] = replies;
    if (!reply) throw new Error('expected a reply, got none');
    return reply;
  };
  const state = (key: string) => readState(store.db, 'ledger', key);
  const woken = async () =>
    (await drainOutbox(store))
      .filter((message) => message.exchange === 'heddle.submit')
      .map((message) => message.message.properties.messageId);

  test('commits with the end of its job, and counts its versions', async () => {
    const key = randomUUID();
    const [one, two] = [randomUUID(), randomUUID()];
    expect(await state(key)).toEqual({ version: 0 });
    expect(await commit(key, 0, step(one, { balance: 5 }))).toEqual({
      version: 1,
      outcomes: [{ is: 'committed' }],
    });
    expect(await commit(key, 1, step(two, { balance: 9 }))).toMatchObject({ version: 2 });
    expect(await state(key)).toEqual({ version: 2, value: { balance: 9 } });
    expect(await findJob(store.db, one)).toMatchObject({
      state: 'succeeded',
      result: { value: { balance: 5 } },
    });
  });

  test('takes one effect of a job, however often it comes, and tells how it had ended', async () => {
    const key = randomUUID();
    const job = randomUUID();
    const first = step(job, 1, { at: 2_000 });
    await commit(key, 0, first);
    expect(await commit(key, 0, first)).toEqual({ version: 1, outcomes: [{ is: 'committed' }] });
    const { version, outcomes } = await commit(key, 1, step(job, 2));
    expect(version).toBe(1);
    expect(outcomes).toEqual([{ is: 'already', event: first.event }]);
    expect(await state(key)).toEqual({ version: 1, value: 1 });
  });

  test('refuses what was made of an old version', async () => {
    const key = randomUUID();
    const late = randomUUID();
    await commit(key, 0, step(randomUUID(), 1));
    expect(await commit(key, 0, step(late, 100))).toEqual({ version: 1, outcomes: [{ is: 'stale' }] });
    expect(await state(key)).toEqual({ version: 1, value: 1 });
    expect(await findJob(store.db, late)).toBeUndefined();
  });

  test('takes many steps at once, up to the first that is not to be taken', async () => {
    const key = randomUUID();
    const done = randomUUID();
    await commit(key, 0, step(done, 1));
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const { version, outcomes } = await commit(key, 1, step(a, 2), step(b), step(done, 3), step(c, 4));
    expect(version).toBe(2);
    expect(outcomes.map(({ is }) => is)).toEqual(['committed', 'committed', 'already']);
    expect(await findJob(store.db, c)).toBeUndefined();
  });

  test('takes nothing of a job that was cancelled before, and of one of an earlier generation', async () => {
    const key = randomUUID();
    const job = randomUUID();
    await writer.write(itemsOf([failed(job, 'no', { generation: 1, task: TASK })]));
    const { outcomes } = await commit(key, 0, step(job, 1, { generation: 0 }));
    expect(outcomes).toMatchObject([{ is: 'already' }]);
    expect(await commit(key, 0, step(job, 1, { generation: 2 }))).toMatchObject({ version: 1 });
  });

  test('of fifty who see the same version lets one change it', async () => {
    const key = randomUUID();
    const asked = Array.from({ length: 50 }, () => commit(key, 0, step(randomUUID(), 1)));
    const outcomes = (await Promise.all(asked)).flatMap((reply) => reply.outcomes.map(({ is }) => is));
    expect(outcomes.filter((is) => is === 'committed')).toHaveLength(1);
    expect(outcomes.filter((is) => is === 'stale')).toHaveLength(49);
  });

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

  test('takes one effect of a job that comes twice in one commit', async () => {
    const key = randomUUID();
    const job = randomUUID();
    const first = step(job, 1);
    const { outcomes } = await commit(key, 0, first, step(job, 2, { attempt: 2 }), step(randomUUID(), 3));
    expect(outcomes).toEqual([{ is: 'committed' }, { is: 'already', event: first.event }]);
    expect(await state(key)).toEqual({ version: 1, value: 1 });
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

  test('takes what is asked twice in one transaction once', async () => {
    const key = randomUUID();
    const first = step(randomUUID(), 1);
    const request = asking(key, 0, first);
    const other = asking(key, 0, step(first.event.job, 2));
    const { replies } = await commitStates(store, writer.events, [request, request, other]);
    expect(replies.map(({ outcomes }) => outcomes)).toEqual([
      [{ is: 'committed' }],
      [{ is: 'committed' }],
      [{ is: 'already', event: first.event }],
    ]);
    expect(await state(key)).toEqual({ version: 1, value: 1 });
  });

  test.runIf(kind === 'PostgreSQL')(
    'locks no counts while it waits for a job of which somebody records events',
    async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      await writer.write(itemsOf([one, two].map((job) => started(job, { task: TASK }))));
      const write = vi.spyOn(writer.events, 'write');
      const requests = [one, two].map((job) => asking(job, 0, step(job, 1)));
      const committed = await store.db.transaction().execute(async (tx) => {
        await tx.selectFrom('jobs').select('id').where('id', '=', two).forUpdate().execute();
        const committing = commitStates(store, writer.events, requests);
        await vi.waitFor(async () => expect(await waitingSessions(store)).toBe(1), 10_000);
        await tx.updateTable('job_counts').set({ jobs: 1 }).where('task', '=', TASK).execute();
        return { committing };
      });
      const { replies } = await committed.committing;
      expect(replies.map(({ outcomes }) => outcomes)).toEqual([[{ is: 'committed' }], [{ is: 'committed' }]]);
      // The transaction was not run again.
      expect(write).toHaveBeenCalledTimes(1);
      write.mockRestore();
    },
  );

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
