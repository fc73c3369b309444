import { batchViewSchema, scheduleViewSchema } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpApi, type Json } from '../../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker('debug.echo');
  await stack.startProducer();
});
afterAll(() => stack.stop());

const api = new HttpApi(() => gateway.url);
const call = (method: string, path: string, body?: Json) => api.call(method, path, body);

const show = (path: string) => api.get(path);

describe('a batch', () => {
  it('runs to its end, and gives its results in the order of the inputs', async () => {
    const inputs = Array.from({ length: 250 }, (_, n) => ({ n }));
    const { status, body } = await call('POST', '/v1/batches', { task: 'debug.echo', inputs });
    expect([status, body['total']]).toEqual([202, 250]);
    const page = `/v1/batches/${body['id']}`;
    await expect
      .poll(() => show(page))
      .toMatchObject({ state: 'succeeded', progress: 1, counts: { total: 250, succeeded: 250 } });
    expect(batchViewSchema.safeParse(await show(page)).error).toBeUndefined();

    const first = await show(`${page}/results?limit=200`);
    const second = await show(`${page}/results?first=${first['next']}&limit=200`);
    const results = [first, second].flatMap((one) => one['results'] as Json[]);
    expect(results.map((one) => one['result'])).toEqual(inputs);
    expect(second['next']).toBeNull();
    expect(((await show('/v1/batches'))['batches'] as Json[]).map((one) => one['id'])).toContain(body['id']);
    expect((await call('DELETE', page)).body['code']).toBe('not_cancellable');
  });

  it('larger than any message is uploaded, once per Idempotency-Key, and runs', async () => {
    const text = 'x'.repeat(60_000);
    const upload = (last: string) =>
      fetch(`${gateway.url}/v1/batches?task=debug.echo`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'large' },
        body: `${Array.from({ length: 299 }, (_, n) => JSON.stringify(`${n} ${text}`)).join('\n')}\n${last}`,
      });
    const answers = await Promise.all([upload('1'), upload('1')]);
    const [one, other] = (await Promise.all(answers.map((answer) => answer.json()))) as Json[];
    expect(one).toMatchObject({ total: 300 });
    expect(other).toMatchObject({ id: one?.['id'], total: 300 });
    const refused = await upload('2');
    expect([refused.status, ((await refused.json()) as Json)['code']]).toEqual([
      422,
      'idempotency_key_reused',
    ]);
    await expect
      .poll(() => show(`/v1/batches/${one?.['id']}`))
      .toMatchObject({ state: 'succeeded', counts: { total: 300, succeeded: 300 } });
    const { results } = await show(`/v1/batches/${one?.['id']}/results?first=298`);
    expect(results).toMatchObject([
      { index: 298, result: `298 ${text}` },
      { index: 299, result: 1 },
    ]);
  });

  it('of a range is cancelled as a whole', async () => {
    const range = { from: 0, to: 200_000 };
    const { body } = await call('POST', '/v1/batches', { task: 'debug.echo', range });
    const page = `/v1/batches/${body['id']}`;
    expect((await call('DELETE', page)).status).toBe(200);
    await expect.poll(() => show(page)).toMatchObject({ state: 'cancelled' });
  });

  it('that is not there is not found', async () => {
    const { status, body } = await call('GET', '/v1/batches/019a0000-0000-7000-8000-000000000000');
    expect([status, body['code']]).toEqual([404, 'batch_not_found']);
  });
});

describe('a schedule', () => {
  it('ticks, is seen to have ticked, rests while it is paused, and goes', async () => {
    const made = await call('POST', '/v1/schedules', {
      id: 'often',
      task: 'debug.echo',
      input: 'tick',
      every: '300ms',
      options: { tags: ['often'] },
    });
    expect(made.status).toBe(201);
    await expect
      .poll(() => show('/v1/schedules/often'))
      .toMatchObject({ lastTickAt: expect.any(String), lastJob: expect.any(String) });
    const view = await show('/v1/schedules/often');
    expect(scheduleViewSchema.safeParse(view).error).toBeUndefined();
    await expect
      .poll(() => show(`/v1/jobs/${view['lastJob']}`))
      .toMatchObject({ state: 'succeeded', result: 'tick', tags: expect.arrayContaining(['often']) });

    expect((await call('POST', '/v1/schedules/often', { paused: true })).body).toMatchObject({
      paused: true,
      nextRunAt: null,
    });
    const run = await call('POST', '/v1/schedules/often/run');
    expect(run.status).toBe(202);
    await expect.poll(() => show(`/v1/jobs/${run.body['id']}`)).toMatchObject({ state: 'succeeded' });
    expect((await call('DELETE', '/v1/schedules/often')).status).toBe(200);
    expect(await show('/v1/schedules')).toEqual({ schedules: [] });
  });
});
