import { randomUUID } from 'node:crypto';
import { RecorderClient } from '@heddle/client';
import { jobViewSchema } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpApi, type Json } from '../../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';
import { openSse, type SseMessage } from '../../test/read-sse.ts';

/** A task whose jobs wait: it has a queue, and no worker. */
const WAITS = 'test.wait';

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  const { broker } = await stack.startRecorder();
  await broker.declareJobQueue(WAITS);
  await new RecorderClient(broker).ask({
    op: 'announce',
    tasks: [{ name: WAITS, pool: 'event-loop', timeoutMs: 1_000, body: 'json', inputSchema: {} }],
  });
  gateway = await stack.startGateway();
  await stack.startWorker('debug.echo,debug.fail');
});
afterAll(() => stack.stop());

const api = new HttpApi(() => gateway.url);
const call = (method: string, path: string, body?: Json, headers?: Record<string, string>) =>
  api.call(method, path, body, headers);

const submit = (job: Json) => call('POST', '/v1/jobs', job);
const show = (id: unknown) => api.get(`/v1/jobs/${id}`);

describe('a delayed job', () => {
  it('is seen to wait, then runs', async () => {
    const { status, body } = await submit({ task: 'debug.echo', input: 'later', delay: 400 });
    expect([status, body['state']]).toEqual([202, 'delayed']);
    await expect.poll(() => show(body['id'])).toMatchObject({ state: 'succeeded', result: 'later' });
    const job = await show(body['id']);
    expect(Date.parse(job['endedAt'] as string) - Date.parse(job['acceptedAt'] as string)).toBeGreaterThan(
      300,
    );
  });

  it('shows when it is due, how it is retried and until when it may begin', async () => {
    const { body } = await submit({
      task: WAITS,
      input: 1,
      delay: '1h',
      ttl: '2h',
      retry: { attempts: 3, delay: '2s' },
      webhook: { url: 'https://example.org/secret' },
    });
    await expect.poll(() => show(body['id'])).toMatchObject({ state: 'delayed' });
    const job = await show(body['id']);
    const { acceptedAt, dueAt, deadline } = job as Record<string, string>;
    expect(Date.parse(dueAt ?? '') - Date.parse(acceptedAt ?? '')).toBe(3_600_000);
    expect(Math.abs(Date.parse(deadline ?? '') - Date.parse(acceptedAt ?? '') - 7_200_000)).toBeLessThan(100);
    expect(job['retry']).toEqual({ attempts: 3, delay: 2_000 });
    expect(JSON.stringify(job)).not.toContain('secret');
    expect(jobViewSchema.safeParse(job).error).toBeUndefined();
  });
});

describe('a key', () => {
  it('belongs to one unfinished job of its task', async () => {
    const job = { task: WAITS, input: 1, key: `key-${Date.now()}` };
    const first = await submit(job);
    expect([first.status, first.body['state']]).toEqual([202, 'queued']);
    const refused = await submit({ ...job, input: 2 });
    expect([refused.status, refused.body['code']]).toEqual([409, 'key_in_use']);
    expect(refused.body['detail']).toContain(first.body['id']);
    expect((await submit({ ...job, onConflict: 'return' })).body).toEqual(first.body);
    await call('DELETE', `/v1/jobs/${first.body['id']}`);
    expect((await submit(job)).status).toBe(202);
  });

  it('is kept for one of many who come at once', async () => {
    const job = { task: WAITS, input: 1, key: `key-${Date.now()}-many`, onConflict: 'return' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(job)));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
  });
});

describe('a cancel', () => {
  it('ends what waits, and says of what has ended that it has', async () => {
    for (const options of [{}, { delay: '1h' }]) {
      const { body } = await submit({ task: WAITS, input: 1, ...options });
      const cancelled = await call('DELETE', `/v1/jobs/${body['id']}?reason=not%20needed`);
      expect(cancelled.status).toBe(200);
      expect(cancelled.body).toEqual({ id: body['id'], state: 'cancelled' });
      expect(await show(body['id'])).toMatchObject({
        state: 'cancelled',
        error: { code: 'cancelled', message: 'not needed' },
      });
    }
    const { body } = await submit({ task: 'debug.echo', input: 1 });
    await expect.poll(() => show(body['id'])).toMatchObject({ state: 'succeeded' });
    expect((await call('DELETE', `/v1/jobs/${body['id']}`)).body).toMatchObject({ code: 'not_cancellable' });
    expect((await call('DELETE', '/v1/jobs/019a0000-0000-7000-8000-000000000000')).status).toBe(404);
  });
});

describe('who waits for a job is told of its end', () => {
  // Far longer than this test may take.
  const wait = (job: Json) =>
    call('POST', '/v1/jobs', { task: WAITS, input: 1, ...job }, { prefer: 'wait=120' });

  it.each<[string, Json]>([
    ['queued', {}],
    ['delayed', { delay: '1h' }],
    ['delayed', { delay: '1h', key: 'waited-for' }],
  ])('when somebody cancels it: %s, %j', async (state, options) => {
    const tag = randomUUID();
    const waiting = wait({ ...options, tags: [tag] });
    const jobs = async () => (await call('GET', `/v1/jobs?tag=${tag}`)).body['jobs'] as Json[];
    await expect.poll(jobs).toMatchObject([{ state }]);
    await call('DELETE', `/v1/jobs/${(await jobs())[0]?.['id']}?reason=enough`);
    const cancelled = { state: 'cancelled', error: { code: 'cancelled', message: 'enough' } };
    expect(await waiting).toMatchObject({ status: 200, body: cancelled });
  });

  it('when it expires', async () => {
    const expired = { state: 'expired', error: { code: 'expired' } };
    expect(await wait({ ttl: '100ms' })).toMatchObject({ status: 200, body: expired });
  });

  it('when it is one of several', async () => {
    const tag = randomUUID();
    const jobs = [
      { task: WAITS, input: 1 },
      { task: 'debug.echo', input: 1 },
    ];
    const gathering = call('POST', '/v1/gather', { jobs, deadline: '60s', tags: [tag] });
    const waiting = async () =>
      (await call('GET', `/v1/jobs?tag=${tag}&task=${WAITS}`)).body['jobs'] as Json[];
    await expect.poll(waiting).toHaveLength(1);
    await call('DELETE', `/v1/jobs/${(await waiting())[0]?.['id']}`);
    expect((await gathering).body).toMatchObject({
      unfinished: 0,
      results: [
        { state: 'cancelled', error: { code: 'cancelled' } },
        { state: 'succeeded', error: null },
      ],
    });
  });
});

describe('the event stream', () => {
  it('tells of delays, cancels and replays, and never of a webhook', async () => {
    const all = await openSse(`${gateway.url}/v1/events?task=${WAITS}&task=debug.fail`);
    const webhook = { url: 'https://example.org/secret' };
    const { body } = await submit({ task: WAITS, input: 1, delay: '1h', ttl: '2h', webhook });
    await expect.poll(() => show(body['id'])).toMatchObject({ state: 'delayed' });
    const seen: SseMessage[] = [];
    const isSeen = (event: string) =>
      seen.some((message) => message.event === event && message.data?.['job'] === body['id']);
    // The log and the recorder tell of it in their own time: what is behind the snapshot is not told again.
    while (!(isSeen('accepted') && isSeen('delayed'))) seen.push((await all.next()) as SseMessage);
    const one = await openSse(`${gateway.url}/v1/jobs/${body['id']}/events`);
    expect(await one.next()).toMatchObject({ event: 'snapshot', data: { state: 'delayed' } });
    await call('DELETE', `/v1/jobs/${body['id']}`);
    expect((await one.rest()).map(({ event }) => event)).toEqual(['cancelled']);

    const failing = await submit({ task: 'debug.fail', input: { message: 'no' }, webhook });
    await expect.poll(() => show(failing.body['id'])).toMatchObject({ state: 'failed' });
    await call('POST', '/v1/dead/replay', { ids: [failing.body['id']] });
    do seen.push((await all.next()) as SseMessage);
    while (seen.filter(({ event }) => event === 'failed').length < 2);
    all.close();
    const events = seen.map(({ event }) => event);
    expect(events).toEqual(
      expect.arrayContaining(['accepted', 'delayed', 'cancelled', 'replayed', 'failed']),
    );
    expect(JSON.stringify(seen)).not.toContain('secret');
  });
});

describe('failed and dead jobs', () => {
  it('are grouped, listed, sent again with another input, and dropped', async () => {
    const ids: unknown[] = [];
    for (const message of ['one', 'two']) {
      const { body } = await submit({ task: 'debug.fail', input: { message, code: 'test_broke' } });
      await expect.poll(() => show(body['id'])).toMatchObject({ state: 'failed' });
      ids.push(body['id']);
    }
    const [day] = new Date().toISOString().split('T');
    const query = `task=debug.fail&error=test_broke&include=failed`;
    const { groups } = (await call('GET', '/v1/dead?include=failed')).body as { groups: Json[] };
    expect(groups).toContainEqual({ task: 'debug.fail', error: 'test_broke', day, count: 2, newest: ids[1] });
    const list = await call('GET', `/v1/dead?${query}&day=${day}`);
    expect((list.body['jobs'] as Json[]).map((job) => job['id'])).toEqual([...ids].reverse());

    const bad = await call('POST', '/v1/dead/replay', { ids: [ids[0]], input: { message: 7 } });
    expect([bad.status, bad.body['code']]).toEqual([422, 'invalid_input']);
    const edited = { message: 'again', code: 'test_again' };
    const replayed = await call('POST', '/v1/dead/replay', { ids: [ids[0]], input: edited });
    expect(replayed.body).toEqual({ replayed: 1, skipped: [], left: 0 });
    await expect
      .poll(() => show(ids[0]))
      .toMatchObject({ state: 'failed', input: edited, error: { code: 'test_again' } });

    expect((await call('DELETE', `/v1/dead?${query}`)).body).toEqual({ dropped: 1, left: 0 });
    expect((await call('GET', `/v1/jobs/${ids[1]}`)).status).toBe(404);
    expect((await call('POST', '/v1/dead/replay', { ids: [ids[1]] })).body['code']).toBe('not_replayable');
  });
});

describe('queues', () => {
  it('show what waits, and whether they are paused', async () => {
    const shown = async () => {
      const { queues } = (await call('GET', '/v1/queues')).body as { queues: Json[] };
      return queues.find((queue) => queue['task'] === WAITS);
    };
    const before = await shown();
    await submit({ task: WAITS, input: 1 });
    await expect.poll(shown).toMatchObject({ ready: Number(before?.['ready']) + 1, paused: false });
    expect((await call('POST', `/v1/queues/${WAITS}/pause`)).body).toEqual({ task: WAITS, paused: true });
    await expect.poll(shown).toMatchObject({ paused: true, jobs: { queued: expect.any(Number) } });
    await call('POST', `/v1/queues/${WAITS}/resume`);
    await expect.poll(shown).toMatchObject({ paused: false });
  });
});
