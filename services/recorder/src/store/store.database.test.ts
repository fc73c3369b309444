import { createHash, randomUUID } from 'node:crypto';
import { encodeOutputs, type JobEvent, type JobRecord } from '@heddle/contracts';
import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { anyHistoryOfEvents } from '../../test/any-events.ts';
import { accepted, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore, type TestDatabase } from '../../test/open-test-store.ts';
import { readDelivery } from '../read-delivery.ts';
import { announceTasks, readTasks } from './announce-tasks.ts';
import { readCounts } from './count-jobs.ts';
import { deleteOldJobs, deleteOrphanOutputs } from './delete-old-jobs.ts';
import { findJob } from './find-job.ts';
import type { Store } from './open-database.ts';
import { claimOutgoing, forgetOutgoing, postponeOutgoing } from './outbox.ts';
import { type BatchWriter, deadItem } from './record-batch.ts';
import { findOutput } from './store-output.ts';
import { beginEpoch, readEpoch } from './stream-epoch.ts';

const eventMessage = {
  properties: {},
  exchange: 'heddle.events',
  routingKey: 'event',
  redelivered: false,
} as const;

describe.each(databaseKinds)('the store on %s', (kind) => {
  let database: TestDatabase;
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ database, store, writer } = opened));
  const record = (...events: JobEvent[]) => writer.write(itemsOf(events));

  test('migrating twice changes nothing', async () => {
    const again = await database.open();
    await expect(readCounts(again.db)).resolves.toEqual([]);
    await again.db.destroy();
  });

  test('gives the same job for its events in any order, grouping and number', async () => {
    const events = anyHistoryOfEvents('to-be-replaced').chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.nat(list.length)),
    );
    await fc.assert(
      fc.asyncProperty(events, async ([list, shuffled, cut]) => {
        const [one, other] = [randomUUID(), randomUUID()];
        const named = (id: string, some: JobEvent[]) => some.map((event) => ({ ...event, job: id }));
        await record(...named(one, list));
        await record(...named(other, shuffled.slice(0, cut)));
        await record(...named(other, shuffled.slice(cut)), ...named(other, list));
        expect({ ...(await findJob(store.db, other)), id: one }).toEqual(await findJob(store.db, one));
      }),
      { numRuns: 40 },
    );
  });

  test('shows a job as its events tell it', async () => {
    const id = randomUUID();
    await record(accepted(id, { priority: 7, tags: ['a', 'b'], input: { n: 1 }, timeoutMs: 500 }));
    await record(started(id, { at: 1_010 }));
    await record(succeeded(id, { at: 1_020, startedAt: 1_010, result: [1, null] }));
    await expect(findJob(store.db, id)).resolves.toEqual({
      id,
      task: 'debug.echo',
      state: 'succeeded',
      priority: 7,
      generation: 0,
      tags: ['a', 'b'],
      attempts: [
        { number: 1, run: 'run-1', worker: 'worker-1', startedAt: 1_010, endedAt: 1_020, error: null },
      ],
      progress: null,
      input: { n: 1 },
      body: null,
      timeoutMs: 500,
      retry: null,
      deadline: null,
      batch: null,
      result: [1, null],
      error: null,
      outputs: [],
      acceptedAt: 1_000,
      dueAt: null,
      startedAt: 1_010,
      endedAt: 1_020,
      resultExpiresAt: null,
      updatedAt: 1_020,
    } satisfies JobRecord);
  });

  test('counts jobs by task and state as they move', async () => {
    const task = `debug.count-${randomUUID().slice(0, 8)}`;
    const ids = Array.from({ length: 700 }, () => randomUUID());
    await record(...ids.map((id) => accepted(id, { task })));
    await record(...ids.slice(0, 300).map((id) => succeeded(id, { task })));
    await record(...ids.slice(0, 300).map((id) => succeeded(id, { task })));
    const counts = (await readCounts(store.db)).filter((count) => count.task === task);
    expect(counts).toEqual([
      { task, state: 'queued', count: 400 },
      { task, state: 'succeeded', count: 300 },
    ]);
  });

  test('sends an event that the database refuses to heddle.dead, and records its neighbours', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => `${randomUUID()}-${n === 17 ? 'poison' : 'fine'}`);
    await refuseJobsNamed(store, '%poison');
    const refused = await record(...ids.map((id) => accepted(id)));
    expect(refused.map((item) => item.reason)).toEqual([expect.stringContaining('the database refuses it')]);
    for (const id of ids) {
      const job = await findJob(store.db, id);
      expect(job?.id).toBe(id.endsWith('poison') ? undefined : id);
    }
    const [dead, ...more] = await claimOutgoing(store, 10, 1_000, Date.now());
    expect(more).toEqual([]);
    expect(dead).toMatchObject({ exchange: 'heddle.dead', message: { kind: 'events' } });
    expect(String(dead?.message.properties.headers?.['heddle-reason'])).toContain(ids[17]);
    expect(JSON.parse(String(dead?.message.body))).toHaveLength(ids.length);
    expect(dead?.message.properties.headers).toMatchObject({ 'heddle-source': 'heddle.events.recorder' });
    await forgetOutgoing(store.db, [dead?.id ?? '']);
  });

  describe('sends an event that is nested too deep to be written to heddle.dead', () => {
    const deepEvent = (id: string) => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      const body = Buffer.from(JSON.stringify([accepted(id, { input: 'DEEP' })]).replace('"DEEP"', deep));
      return { ...eventMessage, body };
    };
    const takeDead = async () => {
      const outgoing = await claimOutgoing(store, 10, 1_000, Date.now());
      await forgetOutgoing(
        store.db,
        outgoing.map(({ id }) => id),
      );
      return outgoing.map(({ message }) => message.body);
    };

    test('before others', async () => {
      const id = randomUUID();
      const message = deepEvent(id);
      const refused = await writer.write([...readDelivery(message), ...itemsOf([accepted(`${id}-fine`)])]);
      expect(refused).toHaveLength(1);
      await expect(findJob(store.db, `${id}-fine`)).resolves.toBeDefined();
      expect(await takeDead()).toEqual([message.body]);
    });

    test('behind a message that nobody could read', async () => {
      const unreadable = { ...eventMessage, body: Buffer.from('rubbish') };
      const message = deepEvent(randomUUID());
      const items = [deadItem(unreadable, 'events', 'it is no JSON'), ...readDelivery(message)];
      expect(await writer.write(items)).toHaveLength(2);
      expect(await takeDead()).toEqual([unreadable.body, message.body]);
    });
  });

  test('keeps outputs by run and gives those of the run that won', async () => {
    const id = randomUUID();
    const bytes = Buffer.from('the winner');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const description = { name: '32.png', type: 'image/png', bytes: bytes.length, sha256 };
    const outputOf = (run: string, body: Buffer) =>
      readDelivery({
        ...encodeOutputs([
          { ...description, sha256: createHash('sha256').update(body).digest('hex'), job: id, run, body },
        ]),
        exchange: 'heddle.events',
        routingKey: 'output',
        redelivered: false,
      });
    await expect(findOutput(store.db, id, '32.png')).resolves.toBeUndefined();
    await writer.write([...outputOf('run-0', Buffer.from('the loser')), ...outputOf('run-1', bytes)]);
    await writer.write(outputOf('run-1', bytes));
    await record(succeeded(id, { run: 'run-1', outputs: [description] }));
    await expect(findOutput(store.db, id, '32.png')).resolves.toEqual({
      type: 'image/png',
      sha256,
      body: bytes,
    });
    const other = { ...description, name: 'lost.png' };
    const never = randomUUID();
    await record(succeeded(never, { outputs: [other] }));
    await expect(findOutput(store.db, never, 'lost.png')).resolves.toBeUndefined();
    await expect(findOutput(store.db, id, '64.png')).rejects.toMatchObject({ code: 'output_not_found' });
  });

  test('gives an outgoing message to one taker at a time', async () => {
    await announceTasks(store, [announcement('debug.first')]);
    const now = Date.now();
    const [mine] = await claimOutgoing(store, 10, 1_000, now);
    expect(mine?.exchange).toBe('heddle.control');
    await expect(claimOutgoing(store, 10, 1_000, now)).resolves.toEqual([]);
    const [again] = await claimOutgoing(store, 10, 1_000, now + 1_000);
    expect(again?.id).toBe(mine?.id);
    if (again) await postponeOutgoing(store.db, again, now + 5_000);
    const [later] = await claimOutgoing(store, 10, 1_000, now + 5_000);
    expect(later).toMatchObject({ id: mine?.id, tries: 1 });
    await forgetOutgoing(store.db, [mine?.id ?? '']);
    await expect(claimOutgoing(store, 10, 1_000, now + 60_000)).resolves.toEqual([]);
  });

  test('tells of announced tasks only when they change', async () => {
    await announceTasks(store, [announcement('debug.second'), announcement('debug.first')]);
    await forgetAll();
    await announceTasks(store, [announcement('debug.first')]);
    await expect(forgetAll()).resolves.toBe(0);
    await announceTasks(store, [{ ...announcement('debug.first'), timeoutMs: 2 }]);
    await expect(forgetAll()).resolves.toBe(1);
    const { tasks } = await readTasks(store.db);
    expect(tasks.map((task) => [task.name, task.timeoutMs])).toEqual([
      ['debug.first', 2],
      ['debug.second', 1],
    ]);
  });

  test('keeps the epoch of the stream until the stream is made anew', async () => {
    const first = await readEpoch(store.db);
    await expect(readEpoch(store.db)).resolves.toBe(first);
    await beginEpoch(store.db);
    const second = await readEpoch(store.db);
    expect(second).not.toBe(first);
    await expect(readEpoch(store.db)).resolves.toBe(second);
  });

  test('deletes jobs that ended long ago, with all that belongs to them, and nothing else', async () => {
    const task = `debug.old-${randomUUID().slice(0, 8)}`;
    const old = Array.from({ length: 5 }, () => randomUUID());
    const [late, queued] = [randomUUID(), randomUUID()];
    await record(...old.map((id) => accepted(id, { task, at: 10, tags: ['old'] })));
    await record(...old.map((id) => succeeded(id, { task, at: 20 })));
    await record(accepted(late, { task, at: 10 }), succeeded(late, { task, at: 90 }));
    await record(accepted(queued, { task, at: 10 }));
    let deleted = 0;
    let after;
    do {
      const chunk = await deleteOldJobs(store, 'succeeded', 50, after, 2);
      deleted += chunk.deleted;
      after = chunk.next;
    } while (after);
    expect(deleted).toBe(5);
    const left = await store.db.selectFrom('jobs').select('id').where('task', '=', task).execute();
    expect(left.map((job) => job.id).toSorted()).toEqual([late, queued].toSorted());
    const tags = await store.db.selectFrom('job_tags').select('job_id').where('job_id', 'in', old).execute();
    expect(tags).toEqual([]);
    expect((await readCounts(store.db)).filter((count) => count.task === task)).toEqual([
      { task, state: 'queued', count: 1 },
      { task, state: 'succeeded', count: 1 },
    ]);
  });

  test('deletes old outputs whose job is gone', async () => {
    const body = Buffer.from('late');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const output = { job: randomUUID(), run: 'r', name: 'n', type: 'text/plain', bytes: 4, sha256, body };
    const message = { ...encodeOutputs([output]), exchange: '', routingKey: 'output', redelivered: false };
    await writer.write(readDelivery(message));
    await expect(deleteOrphanOutputs(store, Date.now() - 60_000, 10)).resolves.toBe(0);
    await expect(deleteOrphanOutputs(store, Date.now() + 60_000, 10)).resolves.toBe(1);
  });

  async function forgetAll(): Promise<number> {
    const messages = await claimOutgoing(store, 100, 1_000, Date.now() + 60_000);
    await forgetOutgoing(
      store.db,
      messages.map((message) => message.id),
    );
    return messages.length;
  }
});

function announcement(name: string) {
  return { name, pool: 'event-loop', timeoutMs: 1, body: 'json', inputSchema: { type: 'object' } } as const;
}

/** Makes the database refuse rows, as it would those that break a rule of its own. */
async function refuseJobsNamed(store: Store, pattern: string): Promise<void> {
  if (store.shared) {
    await sql`alter table jobs add constraint refused check (id not like ${sql.lit(pattern)})`.execute(
      store.db,
    );
    return;
  }
  await sql`create trigger refused before insert on jobs when new.id like ${sql.lit(pattern)}
    begin select raise(abort, 'refused'); end`.execute(store.db);
}
