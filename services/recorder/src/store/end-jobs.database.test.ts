import { randomUUID } from 'node:crypto';
import type { JobEvent } from '@heddle/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { drainOutbox, eventsOf, saidTo } from '../../test/drain-outbox.ts';
import { accepted, itemsOf, started, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { cancelJob } from './cancel-job.ts';
import { expireJobs } from './expire-jobs.ts';
import { findJob } from './find-job.ts';
import { forgetCancels } from './forget-cancels.ts';
import { readControl } from './keep-cancels.ts';
import type { Store } from './open-database.ts';
import { pauseTask } from './pause-task.ts';
import type { BatchWriter } from './record-batch.ts';

describe.each(databaseKinds)('on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  beforeEach(async () => {
    await drainOutbox(store);
  });
  const record = (...events: JobEvent[]) => writer.write(itemsOf(events));
  const cancel = (id: string, reason?: string) => cancelJob(store, writer.events, id, reason);
  const cancelled = async () => (await readControl(store.db)).cancelled;
  const forget = () => forgetCancels(store.db, '', Date.now() - 60_000, 1_000);

  test('cancelling a job that waits ends it, tells everybody, and is kept until a worker has dropped it', async () => {
    const id = randomUUID();
    const webhook = { url: 'https://example.org/hook' };
    await record(accepted(id, { webhook }));
    await expect(cancel(id, 'no longer needed')).resolves.toEqual({ id, state: 'cancelled' });
    const job = await findJob(store.db, id);
    expect(job).toMatchObject({
      state: 'cancelled',
      error: { code: 'cancelled', message: 'no longer needed' },
    });
    const outgoing = await drainOutbox(store);
    expect(saidTo(outgoing, 'heddle.control')).toEqual([
      { type: 'cancel', job: id, reason: 'no longer needed' },
    ]);
    expect(eventsOf(outgoing)).toMatchObject([{ type: 'cancelled', job: id, run: '', webhook }]);
    await forget();
    expect(await cancelled()).toContain(id);
    await record(byWorker('cancelled', id));
    await forget();
    expect(await cancelled()).not.toContain(id);
    await expect(cancel(id)).resolves.toEqual({ id, state: 'cancelled' });
  });

  test('cancelling a job that runs leaves its end to the worker', async () => {
    const id = randomUUID();
    await record(accepted(id), started(id));
    await expect(cancel(id)).resolves.toEqual({ id, state: 'running' });
    const outgoing = await drainOutbox(store);
    expect(saidTo(outgoing, 'heddle.control')).toEqual([{ type: 'cancel', job: id }]);
    expect(eventsOf(outgoing)).toEqual([]);
    expect(await cancelled()).toContain(id);
    await record(byWorker('cancelled', id));
    await forget();
    expect(await cancelled()).not.toContain(id);
  });

  test('a job that has ended cannot be cancelled, and one that nobody knows is not found', async () => {
    const id = randomUUID();
    await record(accepted(id), succeeded(id));
    await expect(cancel(id)).rejects.toMatchObject({ code: 'not_cancellable' });
    await expect(cancel(randomUUID())).resolves.toBeUndefined();
  });

  test('a cancel that came too late gives way to what the worker says', async () => {
    const id = randomUUID();
    await record(accepted(id));
    await cancel(id);
    await record(succeeded(id, { result: 'done' }));
    await expect(findJob(store.db, id)).resolves.toMatchObject({ state: 'succeeded', result: 'done' });
  });

  test('cancels are forgotten after a long time, a page at a time', async () => {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await record(...ids.map((id) => accepted(id)));
    for (const id of ids) await cancel(id);
    let after: string | undefined = '';
    while (after !== undefined) after = await forgetCancels(store.db, after, Date.now() + 1_000, 2);
    expect(await cancelled()).toEqual([]);
  });

  test('jobs past their time to live expire once, wherever they wait, and no others do', async () => {
    const [late, delayed, running, later] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const deadline = 2_000;
    await record(accepted(late, { deadline }), accepted(delayed, { deadline }));
    await record({ ...byWorker('delayed', delayed), until: 9_000 } as JobEvent);
    await record(accepted(running, { deadline }), started(running));
    await record(accepted(later, { deadline: 4_000 }));
    await expect(expireJobs(store, writer.events, 3_000, 10)).resolves.toBe(2);
    await expect(expireJobs(store, writer.events, 3_000, 10)).resolves.toBe(0);
    const states = await Promise.all(
      [late, delayed, running, later].map(async (id) => (await findJob(store.db, id))?.state),
    );
    expect(states).toEqual(['expired', 'expired', 'running', 'queued']);
    const events = eventsOf(await drainOutbox(store));
    expect(events.map((event) => `${event.type} ${event.job}`).toSorted()).toEqual(
      [late, delayed].map((id) => `expired ${id}`).toSorted(),
    );
    // Read back from the broker they change nothing.
    const before = await findJob(store.db, late);
    await record(...events);
    await expect(findJob(store.db, late)).resolves.toEqual(before);
  });

  test('a paused task is told of until it is resumed', async () => {
    await pauseTask(store, 'debug.b', true);
    await pauseTask(store, 'debug.a', true);
    await pauseTask(store, 'debug.a', true);
    expect((await readControl(store.db)).paused).toEqual(['debug.a', 'debug.b']);
    await drainOutbox(store);
    await pauseTask(store, 'debug.b', false);
    expect(saidTo(await drainOutbox(store), 'heddle.control')).toEqual([
      { type: 'paused', tasks: ['debug.a'] },
    ]);
    await pauseTask(store, 'debug.a', false);
    expect((await readControl(store.db)).paused).toEqual([]);
  });
});

/** An event of the first attempt that `succeeded` is an event of too. */
function byWorker(type: 'cancelled' | 'delayed', id: string): JobEvent {
  return { ...started(id, { seq: 2, at: 1_030 }), type } as JobEvent;
}
