import { HeddleError, jobViewSchema } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HttpApi, type Json } from '../../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

let stack: InProcessStack;
let gateway: InProcessService;
let recorder: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  recorder = await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker('debug.echo,debug.sleep,debug.fail');
});
afterAll(() => stack.stop());

const api = new HttpApi(() => gateway.url);
const get = (path: string) => api.call('GET', path);
const submit = (job: Json, headers?: Record<string, string>) => api.call('POST', '/v1/jobs', job, headers);

/** The recorder may hear of an end after who waited for it. */
const untilShown = (job: Json) => expect.poll(() => api.get(`/v1/jobs/${job['id']}`)).toEqual(job);

describe('a submitted job', () => {
  it('is found at once, and ends', async () => {
    const { status, body } = await submit({
      task: 'debug.echo',
      input: { a: ['ü', 1.5, null] },
      tags: ['x'],
    });
    expect(status).toBe(202);
    const seen = await get(`/v1/jobs/${body['id']}`);
    expect(seen.status).toBe(200);
    await expect
      .poll(async () => (await get(`/v1/jobs/${body['id']}`)).body)
      .toMatchObject({
        state: 'succeeded',
        result: { a: ['ü', 1.5, null] },
        input: { a: ['ü', 1.5, null] },
        tags: ['x'],
      });
    expect(jobViewSchema.safeParse((await get(`/v1/jobs/${body['id']}`)).body).error).toBeUndefined();
  });

  it('is never 404 after its 202, however many come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { body } = await submit({ task: 'debug.echo', input: n });
        return (await get(`/v1/jobs/${body['id']}`)).status;
      }),
    );
    expect(answers.every((status) => status === 200 || status === 503)).toBe(true);
  });

  it('is not found when there is no such job', async () => {
    const { status, body } = await get('/v1/jobs/019a0000-0000-7000-8000-000000000000');
    expect([status, body['code']]).toEqual([404, 'job_not_found']);
  });

  it('is found by search, page by page', async () => {
    const tag = `page-${Date.now()}`;
    for (let n = 0; n < 5; n++)
      await submit({ task: 'debug.echo', input: n, tags: [tag] }, { prefer: 'wait=100' });
    const found = async () => (await get(`/v1/jobs?tag=${tag}&state=succeeded`)).body['jobs'];
    await expect.poll(found).toHaveLength(5);
    const first = await get(`/v1/jobs?tag=${tag}&state=succeeded&limit=3`);
    const second = await get(`/v1/jobs?tag=${tag}&state=succeeded&limit=3&cursor=${first.body['next']}`);
    const inputs = [first, second].flatMap(({ body }) => (body['jobs'] as Json[]).map((job) => job['input']));
    expect(inputs).toEqual([4, 3, 2, 1, 0]);
    expect(second.body['next']).toBeNull();
    const refused = await get('/v1/jobs?cursor=nonsense');
    expect([refused.status, refused.body['code']]).toEqual([422, 'invalid_cursor']);
  });
});

describe('Prefer: wait', () => {
  it('answers 200 with the job as GET shows it when it ends in time', async () => {
    const { status, body, headers } = await submit({ task: 'debug.echo', input: 7 }, { prefer: 'wait=100' });
    expect([status, headers.get('preference-applied')]).toEqual([200, 'wait']);
    expect(body).toMatchObject({ state: 'succeeded', result: 7 });
    await untilShown(body);
    const shown = (await get(`/v1/jobs/${body['id']}`)).body;
    expect(body).toEqual(shown);
    expect(Object.keys(body)).toEqual(Object.keys(shown));
  });

  it.each<[string, object]>([
    ['with options', { ttl: '1h', resultTtl: '1h', timeout: '10s', tags: ['a', 'b'], priority: 7 }],
    [
      'that is tried twice',
      { task: 'debug.fail', input: { message: 'no' }, retry: { attempts: 2, delay: 1 } },
    ],
    ['that rested first', { delay: 120 }],
    ['that runs out of time', { task: 'debug.sleep', input: { ms: 60_000 }, timeout: 20 }],
    ['that takes its time', { task: 'debug.sleep', input: { ms: 200 } }],
  ])('answers as GET does for a job %s', async (_which, options) => {
    const { status, body } = await submit(
      { task: 'debug.echo', input: 1, ...options },
      { prefer: 'wait=100' },
    );
    expect(status).toBe(200);
    await untilShown(body);
  });

  it('answers 200 with the error of a job that failed', async () => {
    const { status, body } = await submit(
      { task: 'debug.fail', input: { message: 'on purpose' } },
      { prefer: 'wait=100' },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'failed', error: { message: 'on purpose' } });
    await untilShown(body);
  });

  it('answers 202 when it does not, and how far the job is', async () => {
    const answer = async () => {
      const { status, body } = await submit(
        { task: 'debug.sleep', input: { ms: 600_000 }, timeout: '15s' },
        { prefer: 'wait=1' },
      );
      return [status, body['task'], body['state']];
    };
    // A busy recorder may not have heard of the start within the second.
    await expect.poll(answer, { timeout: 20_000 }).toEqual([202, 'debug.sleep', 'running']);
  });

  it('answers from the result itself while the recorder is away', async () => {
    await recorder.stop();
    const { status, body } = await submit({ task: 'debug.echo', input: 'alone' }, { prefer: 'wait=100' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: 'succeeded', result: 'alone', task: 'debug.echo' });
    expect(jobViewSchema.safeParse(body).error).toBeUndefined();
    const asked = await get(`/v1/jobs/${body['id']}`);
    expect([asked.status, Number(asked.headers.get('retry-after')) > 0]).toEqual([503, true]);
    recorder = await stack.startRecorder();
    await expect.poll(async () => (await get(`/v1/jobs/${body['id']}`)).status).toBe(200);
  });

  it('stops waiting when the client leaves', async () => {
    const gone = new AbortController();
    const waiting = fetch(`${gateway.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: '{"task":"debug.sleep","input":{"ms":200}}',
      signal: gone.signal,
    });
    setTimeout(() => gone.abort(), 50);
    await expect(waiting).rejects.toThrow('aborted');
  });
});

describe('a gateway that shuts down', () => {
  it('answers those who wait with 202 instead of keeping them', async () => {
    // Longer than the test may take.
    const other = await stack.startGateway({ HEDDLE_DRAIN_SECONDS: '100' });
    await vi.waitFor(async () => expect((await fetch(`${other.url}/readyz`)).status).toBe(200), {
      timeout: 30_000,
    });
    const waiting = fetch(`${other.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: '{"task":"debug.sleep","input":{"ms":600000},"timeout":"100s","tags":["drain"]}',
    });
    await expect.poll(async () => (await get('/v1/jobs?tag=drain')).body['jobs']).toHaveLength(1);
    const began = Date.now();
    const [response] = await Promise.all([waiting, other.stop()]);
    expect([response.status, response.headers.get('connection')]).toEqual([202, 'close']);
    expect(Date.now() - began).toBeLessThan(60_000);
    const [job] = (await get('/v1/jobs?tag=drain')).body['jobs'] as Json[];
    await api.call('DELETE', `/v1/jobs/${job?.['id']}`);
  });
});

describe('Idempotency-Key', () => {
  const key = () => `key-${Date.now()}-${Math.random()}`;

  it('gives the same job again, also to requests at the same time', async () => {
    const headers = { 'idempotency-key': key() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => submit({ task: 'debug.echo', input: 'once' }, headers)),
    );
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
  });

  it('waits for the job, also for one that has ended already', async () => {
    const headers = { 'idempotency-key': key(), prefer: 'wait=100' };
    const first = await submit({ task: 'debug.echo', input: 'kept' }, headers);
    const second = await submit({ task: 'debug.echo', input: 'kept' }, headers);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
    expect(first.body).toMatchObject({ state: 'succeeded', result: 'kept' });
  });

  it('refuses another payload under the same key', async () => {
    const headers = { 'idempotency-key': key() };
    await submit({ task: 'debug.echo', input: 1 }, headers);
    const { status, body } = await submit({ task: 'debug.echo', input: 2 }, headers);
    expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('announced tasks', () => {
  it('are checked against their schemas', async () => {
    const { status, body } = await submit({ task: 'debug.sleep', input: { ms: 'long' } });
    expect([status, body['code']]).toEqual([422, 'invalid_input']);
    expect(body['detail']).toContain('input.ms');
  });

  it('are known as soon as a worker announces them, and stay known when it has gone', async () => {
    expect((await submit({ task: 'image.thumbnail', input: {} })).body['code']).toBe('unknown_task');
    const worker = await stack.startWorker('image.thumbnail');
    await expect
      .poll(async () => (await submit({ task: 'image.thumbnail', input: {} })).body['code'])
      .toBe('invalid_request');
    await worker.stop();
    const { body } = await get('/v1/tasks');
    expect((body['tasks'] as Json[]).map((task) => task['name'])).toContain('image.thumbnail');
  });

  it('lists the workers that serve them', async () => {
    await expect
      .poll(async () => (await get('/v1/workers')).body)
      .toMatchObject({
        workers: [
          {
            tasks: expect.arrayContaining(['debug.echo', 'debug.fail', 'debug.sleep']),
            running: expect.any(Number),
          },
        ],
      });
  });
});

describe('a broker that closes every connection', () => {
  it('loses no job that got its 202', async () => {
    const accepted: string[] = [];
    const refused: string[] = [];
    const submitting = Array.from({ length: 20 }, async (_, lane) => {
      for (let n = 0; n < 20; n++) {
        const { status, body } = await submit({ task: 'debug.echo', input: [lane, n] });
        if (status === 202) accepted.push(body['id'] as string);
        else refused.push(body['code'] as string);
      }
    });
    await expect.poll(() => accepted.length, { interval: 5 }).toBeGreaterThan(50);
    await stack.vhost.closeConnections();
    await Promise.all(submitting);
    expect(refused.filter((code) => code !== new HeddleError('broker_unavailable', '').code)).toEqual([]);
    for (const id of accepted) {
      await expect.poll(async () => (await get(`/v1/jobs/${id}`)).body['state']).toBe('succeeded');
    }
  });
});
