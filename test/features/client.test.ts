import { Heddle, type SubmitJobOptions, TaskError } from '@heddle/client';
import type { JobView } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { answering, startReceiver } from '../../services/notifier/test/receiver.ts';
import { sharedStack } from '../support/shared-stack.ts';

const heddle = new Heddle(sharedStack().api.url);
const echo = 'debug.echo';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
const soon = () => new Date(Date.now() + 300).toISOString();

describe('the client', () => {
  it('runs a job and gives its result, or throws its error', async () => {
    await expect(heddle.run(echo, { hello: 'world' })).resolves.toEqual({ hello: 'world' });
    const failed = heddle.run('debug.fail', { message: 'no', code: 'closed' });
    await expect(failed).rejects.toThrow(TaskError);
    await expect(failed).rejects.toMatchObject({ code: 'closed', state: 'failed' });
    const late = heddle.run('debug.sleep', { ms: 60_000 }, { wait: 20, timeout: '5s' });
    await expect(late).rejects.toThrow('has not ended in time');
  });

  it('hands over what REST refuses, with code and path', async () => {
    await expect(heddle.submit('no.such', 1)).rejects.toMatchObject({ code: 'unknown_task' });
    await expect(heddle.submit('debug.sleep', { ms: 'long' })).rejects.toMatchObject({
      code: 'invalid_input',
      issues: [{ path: 'input.ms' }],
    });
    await expect(heddle.job('018f0000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'job_not_found',
    });
  });

  it.each<[string, { task?: string } & SubmitJobOptions, object]>([
    ['retries', { task: 'debug.fail', retry: { attempts: 2, delay: 50 } }, { state: 'dead', error: {} }],
    ['a delay', { delay: '200ms' }, { state: 'succeeded' }],
    ['a time to run at', { runAt: soon() }, { state: 'succeeded' }],
    ['a time to live', { delay: '1s', ttl: '30s', tags: ['lives'] }, { tags: ['lives'] }],
  ])('knows %s', async (_what, { task = echo, ...options }, expected) => {
    const { id } = await heddle.submit(task, { message: 'x' }, options);
    expect(await heddle.ended(id)).toMatchObject(expected);
  });

  it('knows keys: one unfinished job, and one job for one idempotency key', async () => {
    const key = `client-${Date.now()}`;
    const held = await heddle.submit(echo, 1, { key, delay: '1h' });
    await expect(heddle.submit(echo, 1, { key })).rejects.toMatchObject({ code: 'key_in_use' });
    expect((await heddle.submit(echo, 1, { key, onConflict: 'return' })).id).toBe(held.id);
    expect(await heddle.cancel(held.id, 'enough')).toMatchObject({ state: 'cancelled' });
    expect(await heddle.job(held.id)).toMatchObject({ error: { message: 'enough' } });

    const once = await heddle.submit(echo, 1, { idempotencyKey: key });
    expect((await heddle.submit(echo, 1, { idempotencyKey: key })).id).toBe(once.id);
    const other = heddle.submit(echo, 2, { idempotencyKey: key });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('follows a job and finds it', async () => {
    const tag = `client-${Date.now()}`;
    const { id } = await heddle.submit('debug.sleep', { ms: 1_000 }, { tags: [tag] });
    const events = await all(heddle.events(id));
    expect(events[0]?.event).toBe('snapshot');
    expect(events.at(-1)).toMatchObject({ event: expect.stringMatching(/succeeded|snapshot/) });
    expect((await all(heddle.jobs({ tag }))).map((job) => job.id)).toEqual([id]);
    expect((await heddle.queues()).map(({ task }) => task)).toContain(echo);
  });

  it('runs batches: given, uploaded, cancelled, with their results in order', async () => {
    const given = await heddle.batches.submit({
      task: echo,
      range: { from: 0, to: 10, chunk: 5 },
      reduce: { task: echo },
    });
    expect(await heddle.batches.ended(given.id)).toMatchObject({ state: 'succeeded', counts: { total: 2 } });
    const inputs = Array.from({ length: 1_200 }, (_, index) => index);
    const uploaded = await heddle.batches.upload({ task: echo, tags: ['up'], priority: 2 }, inputs);
    await heddle.batches.ended(uploaded.id);
    const results = await all(heddle.batches.results(uploaded.id));
    expect(results.map(({ result }) => result)).toEqual(inputs);
    const idempotencyKey = `batch-${Date.now()}`;
    const sleepers = { task: 'debug.sleep', inputs: [{ ms: 60_000 }] };
    const slow = await heddle.batches.submit(sleepers, { idempotencyKey });
    expect((await heddle.batches.submit(sleepers, { idempotencyKey })).id).toBe(slow.id);
    expect(await heddle.batches.cancel(slow.id)).toMatchObject({ state: 'cancelled' });
  });

  it('keeps schedules', async () => {
    const id = `client-${Date.now()}`;
    const yearly = await heddle.schedules.put({ id, task: echo, input: 7, cron: '0 0 1 1 *' });
    expect(yearly.nextRunAt).toMatch(/-01-01T/);
    const run = await heddle.schedules.run(id);
    expect(await heddle.ended(run.id)).toMatchObject({ result: 7 });
    expect(await heddle.schedules.change(id, { paused: true })).toMatchObject({ nextRunAt: null });
    expect((await heddle.schedules.list()).map((schedule) => schedule.id)).toContain(id);
    await heddle.schedules.delete(id);
    await expect(heddle.schedules.show(id)).rejects.toMatchObject({ code: 'schedule_not_found' });
  });

  it('looks after dead jobs', async () => {
    const code = `client_${Date.now()}`;
    const { id } = await heddle.submit(
      'debug.fail',
      { message: 'no', code },
      { retry: { attempts: 2, delay: 1 } },
    );
    await heddle.ended(id);
    await expect
      .poll(() => heddle.dead.groups(), { timeout: 60_000 })
      .toContainEqual(expect.objectContaining({ error: code }));
    expect((await all(heddle.dead.jobs({ error: code }))).map((job: JobView) => job.id)).toEqual([id]);
    expect(await heddle.dead.replay({ ids: [id] })).toMatchObject({ replayed: 1, left: 0 });
    expect((await heddle.ended(id)).attempts).toHaveLength(4);
    expect(await heddle.dead.drop({ ids: [id] })).toMatchObject({ dropped: 1 });
  });

  it('asks for webhooks', async () => {
    const receiver = await startReceiver(answering(200));
    const { id } = await heddle.submit(echo, 1, { webhook: { url: receiver.url } });
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(1);
    expect(receiver.received[0]?.body).toContain(id);
    await receiver.close();
  });
});
