import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { drainOutbox, eventsOf } from '../../test/drain-outbox.ts';
import { failed, itemsOf, succeeded } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { findJob } from './find-job.ts';
import type { Store } from './open-database.ts';
import type { BatchWriter } from './record-batch.ts';
import { replayDead } from './replay-dead.ts';
import { type SubmitRequest, submitOnce } from './submit-once.ts';

describe.each(databaseKinds)('a keyed submit on %s', (kind) => {
  let store: Store;
  let writer: BatchWriter;
  setUpStore(kind, (opened) => ({ store, writer } = opened));
  const submit = (request: SubmitRequest) => submitOnce(store, writer.events, request);

  test('makes one job of fifty submits with one idempotency key', async () => {
    await drainOutbox(store);
    const idempotencyKey = randomUUID();
    const asked = Array.from({ length: 50 }, () => submit(repeated(idempotencyKey, 'f')));
    const replies = await Promise.all(asked);
    expect(new Set(replies.map((reply) => reply.id)).size).toBe(1);
    expect(replies.filter((reply) => !reply.repeated)).toHaveLength(1);
    const outgoing = await drainOutbox(store);
    expect(outgoing.map((message) => message.exchange).toSorted()).toEqual([
      'heddle.events',
      'heddle.submit',
    ]);
    const other = submit(repeated(idempotencyKey, 'e'));
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    const job = await findJob(store.db, replies[0]?.id ?? '');
    expect(job).toMatchObject({ state: 'queued', input: 1 });
  });

  test('makes one unfinished job of fifty with one unique key', async () => {
    const key = randomUUID();
    const asked = Array.from({ length: 50 }, () => submit(keyed(key, { onConflict: 'return' })));
    const replies = await Promise.all(asked);
    expect(new Set(replies.map((reply) => reply.id)).size).toBe(1);
    expect(replies.filter((reply) => !reply.repeated)).toHaveLength(1);
  });

  test('is refused while another job has the key, which is named', async () => {
    const key = randomUUID();
    const { id } = await submit(keyed(key));
    const refused = submit(keyed(key));
    await expect(refused).rejects.toMatchObject({
      code: 'key_in_use',
      message: expect.stringContaining(id),
    });
    const elsewhere = keyed(key);
    const other = { ...elsewhere, job: { ...elsewhere.job, task: 'debug.sleep' } };
    await expect(submit(other)).resolves.toMatchObject({ repeated: false });
  });

  test('gets the key once its job has ended, and a replay of that job does not get it back', async () => {
    const key = randomUUID();
    const { id } = await submit(keyed(key));
    await writer.write(itemsOf([failed(id, 'task_failed', { at: Date.now() })]));
    const next = await submit(keyed(key));
    expect(next).toMatchObject({ repeated: false });
    const replay = () => replayDead(store, writer.events, { op: 'replay', select: { ids: [id] }, limit: 1 });
    await expect(replay()).resolves.toMatchObject({
      replayed: 0,
      skipped: [{ id, reason: expect.stringContaining(next.id) }],
    });
    await writer.write(itemsOf([succeeded(next.id, { at: Date.now() })]));
    await expect(replay()).resolves.toMatchObject({ replayed: 1 });
    await expect(submit(keyed(key))).rejects.toMatchObject({ code: 'key_in_use' });
  });

  test('with both keys gives the same job again whatever has become of the unique key', async () => {
    const key = randomUUID();
    const idempotencyKey = randomUUID();
    const { id } = await submit(keyed(key));
    const request = keyed(key, { idempotencyKey, onConflict: 'return' });
    await expect(submit(request)).resolves.toEqual({ id, repeated: true });
    await writer.write(itemsOf([succeeded(id, { at: Date.now() })]));
    await expect(submit(request)).resolves.toEqual({ id, repeated: true });
  });

  test('of a delayed job rests on the ladder, and says until when', async () => {
    await drainOutbox(store);
    const request = keyed(randomUUID());
    const job = { ...request.job, delayMs: 60_000, retry: { attempts: 3 }, deadline: 5e12 };
    const { id } = await submit({ ...request, job });
    const until = job.acceptedAt + 60_000;
    await expect(findJob(store.db, id)).resolves.toMatchObject({ state: 'delayed', dueAt: until });
    const outgoing = await drainOutbox(store);
    const published = outgoing.find((message) => message.exchange === 'heddle.submit');
    expect(published).toMatchObject({ dueAt: until, routingKey: 'debug.echo', mandatory: true });
    expect(published?.message.properties.headers).toMatchObject({
      'heddle-retry': { attempts: 3 },
      'heddle-deadline': 5e12,
    });
    expect(eventsOf(outgoing).map((event) => event.type)).toEqual(['accepted', 'delayed']);
  });
});

function keyed(key: string, more: Partial<SubmitRequest> = {}): SubmitRequest {
  const id = randomUUID();
  const job = { id, task: 'debug.echo', input: 1, priority: 4, tags: [], acceptedAt: Date.now() };
  return { op: 'submit', key, fingerprint: 'f'.repeat(64), job, ...more };
}

/** A submit with an idempotency key alone. */
function repeated(idempotencyKey: string, letter: string): SubmitRequest {
  const { op, job } = keyed('');
  return { op, idempotencyKey, fingerprint: letter.repeat(64), job };
}
