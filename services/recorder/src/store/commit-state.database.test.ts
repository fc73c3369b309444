import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { asking, commitOne, step, TASK } from '../../test/commit-steps.ts';
import { failed, itemsOf, started } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { commitStates } from './commit-state.ts';
import { findJob } from './find-job.ts';
import { KeyStateRows } from './key-state-rows.ts';
import type { Store } from './open-database.ts';
import type { BatchWriter } from './record-batch.ts';

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

  const commit = (...asked: Parameters<typeof asking>) => commitOne(store, writer, asking(...asked));
  const statesOf = (keys: readonly string[]) =>
    KeyStateRows.of(store).read(keys.map((key) => ({ name: 'ledger', key })));
  const state = async (key: string) => (await statesOf([key]))[0];

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

  test('takes one effect of a job that comes twice in one commit', async () => {
    const key = randomUUID();
    const job = randomUUID();
    const first = step(job, 1);
    const { outcomes } = await commit(key, 0, first, step(job, 2, { attempt: 2 }), step(randomUUID(), 3));
    expect(outcomes).toEqual([{ is: 'committed' }, { is: 'already', event: first.event }]);
    expect(await state(key)).toEqual({ version: 1, value: 1 });
  });

  test('commits many keys in one transaction, new ones and known ones, and reads them at once', async () => {
    const keys = Array.from({ length: 75 }, (): string => randomUUID());
    const round = (version: number, some: readonly string[]) =>
      commitStates(
        store,
        writer.events,
        some.map((key) => asking(key, version, step(randomUUID(), { place: keys.indexOf(key), version }))),
      );
    await round(0, keys.slice(0, 40));
    const { replies } = await round(0, keys);
    expect(replies.map(({ outcomes, version }) => [outcomes[0]?.is, version])).toEqual([
      ...Array.from({ length: 40 }, () => ['stale', 1]),
      ...Array.from({ length: 35 }, () => ['committed', 1]),
    ]);
    const reversed = keys.toReversed();
    expect(await statesOf([...reversed, 'nobody', keys[3] ?? ''])).toEqual([
      ...reversed.map((key) => ({ version: 1, value: { place: keys.indexOf(key), version: 0 } })),
      { version: 0 },
      { version: 1, value: { place: 3, version: 0 } },
    ]);
  });

  test('commits several requests of one new key one after the other', async () => {
    const key = randomUUID();
    const { replies } = await commitStates(
      store,
      writer.events,
      [0, 1, 1].map((version, place) => asking(key, version, step(randomUUID(), place))),
    );
    expect(replies.map(({ outcomes, version }) => [outcomes[0]?.is, version])).toEqual([
      ['committed', 1],
      ['committed', 2],
      ['stale', 2],
    ]);
    expect(await state(key)).toEqual({ version: 2, value: 1 });
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
        await vi.waitFor(async () => expect(await waitingSessions(store)).toBe(1), 30_000);
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
});
