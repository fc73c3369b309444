import { HeddleError, jobViewSchema, type RecorderRequest } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { postJob, problemOf } from '../../test/send-requests.ts';

type Submit = Extract<RecorderRequest, { op: 'submit' }>;

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(() => gateway.drain(500));

const post = (options: object, headers: Record<string, string> = {}) =>
  postJob(gateway.url, JSON.stringify({ task: 'debug.echo', input: 1, ...options }), headers);

describe('a job that is to run later', () => {
  it('is delayed, by a duration or until a time', async () => {
    const delayed = await post({ delay: '10m', ttl: '1h' });
    expect([delayed.status, await delayed.json()]).toMatchObject([202, { state: 'delayed' }]);
    const [first] = gateway.submitted;
    expect(first).toMatchObject({ delayMs: 600_000 });
    expect((first?.deadline ?? 0) - Date.now()).toBeGreaterThan(3_590_000);

    const until = await post({ runAt: new Date(Date.now() + 60_000).toISOString() });
    expect(await until.json()).toMatchObject({ state: 'delayed' });
    expect(gateway.submitted[1]?.delayMs).toBeGreaterThan(59_000);
    expect(gateway.submitted[1]?.delayMs).toBeLessThanOrEqual(60_000);
  });

  it('is queued when its time has come already', async () => {
    const past = await post({ runAt: '2001-01-01T00:00:00+02:00' });
    expect(await past.json()).toMatchObject({ state: 'queued' });
    expect(gateway.submitted[0]?.delayMs).toBeUndefined();
    expect(await (await post({ delay: 1 })).json()).toMatchObject({ state: 'queued' });
  });

  it.each([
    ['runAt', { delay: '1m', runAt: '2030-01-01T00:00:00Z' }],
    ['runAt', { runAt: '2300-01-01T00:00:00Z' }],
    ['runAt', { runAt: 'tomorrow' }],
    ['ttl', { delay: '2m', ttl: '1m' }],
    ['ttl', { runAt: new Date(Date.now() + 3_600_000).toISOString(), ttl: '1m' }],
    ['delay', { delay: '366d' }],
    ['delay', { delay: 0 }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.times', { retry: { times: 3 } }],
    ['webhook.url', { webhook: { url: 'ftp://example.org' } }],
    ['webhook.url', { webhook: { url: 'https://me:secret@example.org' } }],
    ['key', { key: 'with space' }],
    ['onConflict', { key: 'a', onConflict: 'replace' }],
  ])('is refused naming %s: %j', async (path, options) => {
    const problem = await problemOf(await post(options));
    expect(problem).toMatchObject({ status: 422, code: 'invalid_request', errors: [{ path }] });
    expect(gateway.submitted).toEqual([]);
  });
});

it('hands retry and webhook on', async () => {
  const webhook = { url: 'https://example.org/hook' };
  await post({ retry: { attempts: 5, delay: '2s', backoff: 'fixed' }, webhook });
  expect(gateway.submitted[0]).toMatchObject({
    retry: { attempts: 5, delay: 2_000, backoff: 'fixed' },
    webhook,
  });
});

describe('a job with a key', () => {
  let asked: Submit[];
  beforeEach(() => {
    asked = [];
    gateway.answers.submit = (request) => {
      asked.push(request);
      return { id: request.job.id, repeated: false };
    };
  });

  it('goes to the recorder whole', async () => {
    const response = await post({
      key: 'tenant-7',
      onConflict: 'return',
      delay: '1m',
      retry: { attempts: 2 },
    });
    expect(await response.json()).toMatchObject({ id: asked[0]?.job.id, state: 'delayed' });
    expect(asked[0]).toMatchObject({ key: 'tenant-7', onConflict: 'return' });
    expect(asked[0]).not.toHaveProperty('idempotencyKey');
    expect(asked[0]?.job).toMatchObject({ delayMs: 60_000, retry: { attempts: 2 } });
    expect(gateway.submitted).toEqual([]);
  });

  it('is refused with 409 naming the job that has the key', async () => {
    gateway.answers.submit = () => {
      throw new HeddleError('key_in_use', 'the unfinished job abc has the key "tenant-7"');
    };
    const problem = await problemOf(await post({ key: 'tenant-7' }));
    expect(problem).toMatchObject({
      status: 409,
      code: 'key_in_use',
      detail: expect.stringContaining('abc'),
    });
  });

  it('says how far the job is that has it', async () => {
    gateway.answers.submit = () => ({ id: 'abc', repeated: true });
    gateway.answers.job = () => ({ id: 'abc', state: 'running' });
    const response = await post({ key: 'tenant-7', onConflict: 'return' });
    expect([response.status, await response.json()]).toEqual([
      202,
      { id: 'abc', task: 'debug.echo', state: 'running' },
    ]);
  });

  it('has a fingerprint of what was asked, whenever it was', async () => {
    const headers = { 'idempotency-key': 'once' };
    await post({ ttl: '1h', delay: '1s' }, headers);
    await post({ delay: '1s', ttl: '1h' }, headers);
    await post({ delay: '1s', ttl: '2h' }, headers);
    const [one, same, other] = asked.map(({ fingerprint }) => fingerprint);
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });

  it('is taken line by line in bulk, beside others', async () => {
    const lines = [{ key: 'a' }, {}, { key: 'b', delay: '1s', runAt: '2030-01-01T00:00:00Z' }];
    const response = await fetch(`${gateway.url}/v1/jobs/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify({ task: 'debug.echo', input: 1, ...line })).join('\n'),
    });
    const answers = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers[0]).toMatchObject({ line: 1, id: asked[0]?.job.id });
    // The script's broker takes nothing; what counts is that this one was not for the recorder.
    expect(answers[1]).toMatchObject({ line: 2, error: { code: 'broker_unavailable' } });
    expect(answers[2]).toMatchObject({ line: 3, error: { code: 'invalid_request' } });
    expect(asked).toHaveLength(1);
  });
});

it('shows when a job is due, and until when it may begin', async () => {
  gateway.answers.job = ({ id }) => ({
    id,
    task: 'debug.echo',
    state: 'delayed',
    priority: 4,
    generation: 0,
    tags: [],
    attempts: [],
    progress: null,
    input: 1,
    body: null,
    timeoutMs: null,
    retry: { attempts: 3, delay: 100 },
    deadline: 120_000,
    batch: null,
    result: null,
    error: null,
    outputs: [],
    acceptedAt: 0,
    dueAt: 60_000,
    startedAt: null,
    endedAt: null,
    updatedAt: 0,
  });
  const view = (await (await fetch(`${gateway.url}/v1/jobs/abc`)).json()) as object;
  expect(view).toMatchObject({
    dueAt: '1970-01-01T00:01:00.000Z',
    deadline: '1970-01-01T00:02:00.000Z',
    retry: { attempts: 3, delay: 100 },
  });
  expect(jobViewSchema.safeParse(view).error).toBeUndefined();
});

it('takes the timing of thumbnails in the query', async () => {
  const picture = (query: string) =>
    fetch(`${gateway.url}/v1/thumbnails?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: Buffer.from('x'),
    });
  await picture('delay=5m&ttl=600000&timeout=10s&webhook=https://example.org/done');
  expect(gateway.submitted[0]).toMatchObject({
    delayMs: 300_000,
    timeoutMs: 10_000,
    webhook: { url: 'https://example.org/done' },
  });
  expect(await problemOf(await picture('delay=5m&runAt=2030-01-01T00:00:00Z'))).toMatchObject({
    status: 422,
  });
});
