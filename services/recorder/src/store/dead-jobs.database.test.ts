import { createHash, randomUUID } from 'node:crypto';
import { encodeOutputs, type JobEvent, MAX_RECORDED_INPUT_BYTES } from '@heddle/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { drainOutbox, eventsOf } from '../../test/drain-outbox.ts';
import { accepted, failed, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { readDelivery } from '../read-delivery.ts';
import { readDeadGroups } from './dead-groups.ts';
import { deleteOldJobs } from './delete-old-jobs.ts';
import { dropDead } from './drop-dead.ts';
import { findJob } from './find-job.ts';
import type { Store } from './open-database.ts';
import type { BatchWriter } from './record-batch.ts';
import { replayDead } from './replay-dead.ts';
import { findOutput } from './store-output.ts';

const DAY = 86_400_000;

describe.each(databaseKinds)('dead jobs on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  let task: string;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  beforeEach(async () => {
    task = `debug.dead-${randomUUID().slice(0, 8)}`;
    await drainOutbox(store);
  });
  const record = (...events: JobEvent[]) => writer.write(itemsOf(events));
  const replay = (ids: string[], input?: unknown) =>
    replayDead(store, writer.events, { op: 'replay', select: { ids }, limit: 100, input });
  const groups = async (include?: 'failed') =>
    (await readDeadGroups(store.db, include)).groups.filter((group) => group.task === task);
  async function die(code: string, at: number, more: Partial<JobEvent> = {}): Promise<string> {
    const id = randomUUID();
    await record(accepted(id, { task }), failed(id, code, { type: 'dead', task, at, ...more }));
    return id;
  }

  test('are grouped by task, error and day, with the newest of each', async () => {
    await die('timed_out', 2 * DAY + 1);
    const newest = await die('timed_out', 2 * DAY + 5);
    const crashed = await die('crashed', 2 * DAY);
    const nextDay = await die('timed_out', 3 * DAY);
    const refused = await die('task_failed', 3 * DAY, { type: 'failed' });
    const expected = [
      { task, error: 'timed_out', day: '1970-01-04', count: 1, newest: nextDay },
      { task, error: 'timed_out', day: '1970-01-03', count: 2, newest },
      { task, error: 'crashed', day: '1970-01-03', count: 1, newest: crashed },
    ];
    expect(await groups()).toEqual(expected);
    const failures = { task, error: 'task_failed', day: '1970-01-04', count: 1, newest: refused };
    expect(await groups('failed')).toHaveLength(4);
    expect(await groups('failed')).toContainEqual(failures);
  });

  test('go again with their input, as the next generation, and leave their group', async () => {
    const id = randomUUID();
    const retry = { attempts: 2 };
    const webhook = { url: 'https://example.org/' };
    const origin = {
      task,
      input: { n: 1 },
      tags: ['t'],
      timeoutMs: 5,
      retry,
      webhook,
      deadline: 1,
      priority: 7,
    };
    await record(accepted(id, origin), failed(id, 'crashed', { type: 'dead', task }));
    await expect(replay([id])).resolves.toEqual({ replayed: 1, skipped: [], left: 0 });
    const outgoing = await drainOutbox(store);
    const [published] = outgoing.filter((message) => message.exchange === 'heddle.submit');
    expect(JSON.parse(String(published?.message.body))).toEqual({ n: 1 });
    expect(published).toMatchObject({ routingKey: task, mandatory: true });
    expect(published?.message.properties).toMatchObject({ messageId: id, priority: 7 });
    expect(published?.message.properties.headers).toEqual({
      'heddle-accepted': true,
      'heddle-accepted-at': 1_000,
      'heddle-attempt': 1,
      'heddle-due-at': expect.any(Number),
      'heddle-generation': 1,
      'heddle-retry': retry,
      'heddle-tags': ['t'],
      'heddle-timeout': 5,
      'heddle-webhook': webhook,
    });
    expect(eventsOf(outgoing)).toMatchObject([{ type: 'replayed', job: id, generation: 1 }]);
    expect(await groups()).toEqual([]);
    const job = await findJob(store.db, id);
    expect(job).toMatchObject({ state: 'queued', generation: 1, error: null, endedAt: null });
    expect(job?.attempts).toHaveLength(1);
    await expect(replay([id])).resolves.toMatchObject({
      replayed: 0,
      skipped: [{ id, reason: expect.stringContaining('queued') }],
    });
    await record(succeeded(id, { task, generation: 1, run: 'run-2', result: 2 }));
    await expect(findJob(store.db, id)).resolves.toMatchObject({ state: 'succeeded', result: 2 });
  });

  test('go again with an edited input, which the job then shows', async () => {
    const id = await die('task_failed', 5);
    await replay([id], { n: 'edited' });
    const outgoing = await drainOutbox(store);
    const [published] = outgoing.filter((message) => message.exchange === 'heddle.submit');
    expect(JSON.parse(String(published?.message.body))).toEqual({ n: 'edited' });
    await record(...eventsOf(outgoing));
    await record(failed(id, 'task_failed', { type: 'dead', task, generation: 1, run: 'run-2' }));
    await expect(findJob(store.db, id)).resolves.toMatchObject({ state: 'dead', input: { n: 'edited' } });
    await replay([id]);
    const again = await drainOutbox(store);
    const [second] = again.filter((message) => message.exchange === 'heddle.submit');
    expect(JSON.parse(String(second?.message.body))).toEqual({ n: 'edited' });
    await expect(replay([id, randomUUID()], 1)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(replay([id], 'x'.repeat(MAX_RECORDED_INPUT_BYTES))).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('that took bytes, or a long input, go again with what their worker has kept, which nobody is shown', async () => {
    const [bytes, long, lost] = [randomUUID(), randomUUID(), randomUUID()];
    const body = Buffer.from([0, 1, 255]);
    const keep = (job: string, type: string, kept: Buffer) => {
      const sha256 = createHash('sha256').update(kept).digest('hex');
      const output = { job, run: 'run-1', name: '$input', type, bytes: kept.length, sha256, body: kept };
      return writer.write(
        readDelivery({ ...encodeOutputs([output]), exchange: '', routingKey: 'output', redelivered: false }),
      );
    };
    await record(accepted(bytes, { task, input: { size: 3 }, body: { type: 'image/png', bytes: 3 } }));
    await record(accepted(long, { task }), accepted(lost, { task }));
    await keep(bytes, 'image/png', body);
    await keep(long, 'application/json', Buffer.from('{"long":true}'));
    await record(...[bytes, long, lost].map((id) => failed(id, 'crashed', { type: 'dead', task })));
    await expect(findOutput(store.db, bytes, '$input')).rejects.toMatchObject({ code: 'output_not_found' });
    await expect(replay([bytes, long, lost])).resolves.toEqual({
      replayed: 2,
      skipped: [{ id: lost, reason: 'its input was not kept' }],
      left: 0,
    });
    const published = (await drainOutbox(store)).filter((message) => message.exchange === 'heddle.submit');
    const of = (id: string) => published.find(({ message }) => message.properties.messageId === id)?.message;
    expect(of(bytes)?.body).toEqual(body);
    expect(of(bytes)?.properties).toMatchObject({ contentType: 'image/png' });
    expect(of(bytes)?.properties.headers).toMatchObject({ 'heddle-input': '{"size":3}' });
    expect(JSON.parse(String(of(long)?.body))).toEqual({ long: true });
  });

  test('go again in groups, the oldest first, a limited number at a time, and those that cannot hold up nobody', async () => {
    const stuck = randomUUID();
    await record(accepted(stuck, { task, body: { type: 'image/png', bytes: 1 } }));
    await record(failed(stuck, 'crashed', { type: 'dead', task, at: DAY }));
    const ids: string[] = [];
    for (let n = 0; n < 120; n++) ids.push(randomUUID());
    await record(...ids.map((id) => accepted(id, { task, input: 1 })));
    await record(...ids.map((id, n) => failed(id, 'crashed', { type: 'dead', task, at: DAY + n + 1 })));
    const select = { task, error: 'crashed', day: '1970-01-02' };
    const some = (limit: number) => replayDead(store, writer.events, { op: 'replay', select, limit });
    await expect(some(70)).resolves.toMatchObject({ replayed: 70, skipped: [{ id: stuck }], left: 50 });
    await expect(findJob(store.db, ids[69] ?? '')).resolves.toMatchObject({ state: 'queued' });
    await expect(findJob(store.db, ids[70] ?? '')).resolves.toMatchObject({ state: 'dead' });
    await expect(some(70)).resolves.toMatchObject({ replayed: 50, left: 0 });
    await expect(some(70)).resolves.toMatchObject({ replayed: 0, skipped: [{ id: stuck }], left: 0 });
    const otherDay = { task, day: '1970-01-03' };
    const none = replayDead(store, writer.events, { op: 'replay', select: otherDay, limit: 5 });
    await expect(none).resolves.toEqual({ replayed: 0, skipped: [], left: 0 });
  });

  test('are dropped one by one or in groups, and then gone; failed ones only where asked', async () => {
    const dead = [await die('crashed', 1), await die('crashed', 2), await die('timed_out', 3)];
    const refused = await die('crashed', 4, { type: 'failed' });
    const running = randomUUID();
    await record(accepted(running, { task }), started(running, { task }));
    await expect(dropDead(store, { task, error: 'crashed' }, 1)).resolves.toEqual({ dropped: 1, left: 1 });
    await expect(findJob(store.db, dead[0] ?? '')).resolves.toBeUndefined();
    await expect(dropDead(store, { task }, 100)).resolves.toEqual({ dropped: 2, left: 0 });
    await expect(findJob(store.db, refused)).resolves.toMatchObject({ state: 'failed' });
    await expect(dropDead(store, { task, include: 'failed' }, 100)).resolves.toMatchObject({ dropped: 1 });
    await expect(dropDead(store, { ids: [running] }, 100)).resolves.toMatchObject({ dropped: 0 });
    expect(await groups('failed')).toEqual([]);
  });

  test('leave their group when they are too old to be kept', async () => {
    await die('crashed', 10);
    await deleteOldJobs(store, 'dead', 5_000, undefined, 100);
    expect(await groups()).toEqual([]);
  });
});
