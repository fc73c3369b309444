import { setImmediate as turn } from 'node:timers/promises';
import { HeddleError, type RecorderRequest } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { type BatchGateway, postBatch, runningBatch, setUpBatchGateway } from '../../test/batch-gateway.ts';
import type { ScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
let created: BatchGateway['created'];
setUpBatchGateway((opened) => ({ gateway, created } = opened));

const post = (body: unknown, ...how: [type?: string, query?: string, headers?: Record<string, string>]) =>
  postBatch(gateway.url, body, ...how);

describe('a batch', () => {
  it('of a list goes to the recorder with its plan', async () => {
    const response = await post({
      task: 'math.sum',
      inputs: [{ numbers: [1] }, { numbers: [2] }, { numbers: [] }],
      reduce: { task: 'debug.echo', input: { label: 'x' } },
      onFailure: 'stop',
      priority: 7,
      ttl: '1h',
      retry: { attempts: 2, delay: '1s' },
      webhook: { url: 'https://example.org/hook' },
    });
    const { id } = created[0]?.plan ?? {};
    expect([response.status, response.headers.get('location')]).toEqual([202, `/v1/batches/${id}`]);
    expect(await response.json()).toEqual({ id, task: 'math.sum', state: 'running', total: 3 });
    expect(created).toMatchObject([
      {
        plan: {
          task: 'math.sum',
          total: 3,
          onFailure: 'stop',
          reduce: { task: 'debug.echo', input: { label: 'x' } },
          options: { priority: 7, ttl: 3_600_000, retry: { attempts: 2, delay: 1_000 } },
          webhook: { url: 'https://example.org/hook' },
        },
        source: { inputs: [{ numbers: [1] }, { numbers: [2] }, { numbers: [] }] },
      },
    ]);
  });

  it('of a folder goes to the recorder before its files are known', async () => {
    const response = await post({ task: 'image.thumbnail', folder: 'photos', input: { sizes: [32] } });
    expect(await response.json()).toMatchObject({ total: 0, state: 'running' });
    expect(created).toMatchObject([
      {
        plan: { total: 0, files: { folder: 'photos', input: { sizes: [32] } } },
        source: { listing: true },
      },
    ]);
  });

  it('of a list in chunks has a job for each chunk', async () => {
    const body = { task: 'debug.echo', inputs: [1, 2, 3, 4, 5], chunk: 2, input: { label: 'x' } };
    expect(await (await post(body)).json()).toMatchObject({ total: 3 });
    await post('1\n2\n3\n', 'application/x-ndjson', '?task=debug.echo&chunk=2');
    expect(created.map(({ source }) => source)).toEqual([
      {
        inputs: [
          { label: 'x', items: [1, 2] },
          { label: 'x', items: [3, 4] },
          { label: 'x', items: [5] },
        ],
      },
      { inputs: [{ items: [1, 2] }, { items: [3] }] },
    ]);
  });

  it('of a range has no chunk beside its own', async () => {
    const response = await post({ task: 'debug.echo', range: { from: 0, to: 2 }, chunk: 2 });
    expect([response.status, (await problemOf(response)).errors?.[0]?.path]).toEqual([422, 'chunk']);
  });

  it('of a range counts its chunks', async () => {
    await post({
      task: 'debug.echo',
      range: { from: 0, to: 1_000_001, chunk: 10 },
      input: { kind: 'prime' },
    });
    expect(created[0]).toMatchObject({
      plan: { total: 100_001, onFailure: 'collect', options: {} },
      source: { range: { from: 0, to: 1_000_001, chunk: 10 }, input: { kind: 'prime' } },
    });
  });

  it('of NDJSON takes an input a line and the rest from the query', async () => {
    const lines = '{"numbers":[1]}\n\n{"numbers":[2]}\r\n{"numbers":[3]}';
    await post(lines, 'application/x-ndjson', '?task=math.sum&tag=a&tag=b&timeout=5000&reduce=debug.echo');
    expect(created[0]).toMatchObject({
      plan: { total: 3, options: { tags: ['a', 'b'], timeout: 5_000 }, reduce: { task: 'debug.echo' } },
      source: { inputs: [{ numbers: [1] }, { numbers: [2] }, { numbers: [3] }] },
    });
    const broken = await post('{"numbers":[1]}\nnonsense', 'application/x-ndjson', '?task=math.sum');
    expect(await problemOf(broken)).toMatchObject({
      code: 'invalid_json',
      detail: expect.stringMatching(/^line 2: /),
    });
  });

  it('of much NDJSON goes to the recorder part by part, and is created when the last line has come', async () => {
    const staged: Extract<RecorderRequest, { op: 'batch-part' }>[] = [];
    gateway.answers['batch-part'] = (request) => {
      expect(created).toEqual([]);
      staged.push(request);
      // Now and then the recorder is away for a moment.
      if (staged.length === 2) throw new HeddleError('recorder_unavailable', 'restarting');
      return { id: request.plan.id };
    };
    const text = 'x'.repeat(50_000);
    const lines = Array.from({ length: 60 }, (_, n) => JSON.stringify(`${n} ${text}`)).join('\n');
    const response = await post(lines, 'application/x-ndjson', '?task=debug.echo&priority=3');
    expect(await response.json()).toMatchObject({ state: 'running', total: 60 });
    expect(staged.map(({ first, inputs }) => [first, inputs.length])).toEqual([
      [0, 20],
      [20, 20],
      [20, 20],
      [40, 20],
    ]);
    expect(created).toMatchObject([
      { source: { staged: 60 }, plan: { id: staged[0]?.plan.id, total: 60, options: { priority: 3 } } },
    ]);
  });

  it.each([
    ['whose late line is no JSON', 'invalid_json', 'nonsense'],
    ['whose late line is no input of the task', 'invalid_input', '{"numbers":["no"]}'],
    ['whose late line is too long', 'payload_too_large', `{"numbers":[${'1,'.repeat(60_000)}1]}`],
  ])('of much NDJSON %s leaves nothing behind', async (_, code, last) => {
    const dropped: string[] = [];
    let batch = '';
    gateway.answers['batch-part'] = ({ plan }) => ({ id: (batch = plan.id) });
    gateway.answers['drop-batch-parts'] = (request) => {
      dropped.push(request.batch);
      return { id: request.batch };
    };
    const line = JSON.stringify({ numbers: Array.from({ length: 1_000 }, () => 1_234_567.5) });
    const lines = [...Array.from({ length: 150 }, () => line), last].join('\n');
    const problem = await problemOf(await post(lines, 'application/x-ndjson', '?task=math.sum'));
    expect(problem).toMatchObject({ code });
    await expect.poll(() => dropped).toEqual([batch]);
    expect(batch).not.toBe('');
    expect(created).toEqual([]);
  });

  it('whose upload breaks off leaves nothing behind', async () => {
    const dropped: string[] = [];
    const aborting = new AbortController();
    gateway.answers['batch-part'] = ({ plan }) => {
      aborting.abort();
      return { id: plan.id };
    };
    gateway.answers['drop-batch-parts'] = (request) => {
      dropped.push(request.batch);
      return { id: request.batch };
    };
    const endless = new ReadableStream({
      async pull(controller) {
        await turn();
        controller.enqueue(Buffer.from(`"${'x'.repeat(60_000)}"\n`));
      },
    });
    const upload = fetch(`${gateway.url}/v1/batches?task=debug.echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: endless,
      signal: aborting.signal,
      duplex: 'half',
    } as RequestInit);
    await expect(upload).rejects.toThrow();
    await expect.poll(() => dropped).toHaveLength(1);
    expect(created).toEqual([]);
  });

  it('with an Idempotency-Key tells the recorder what was asked, the same for a list and for lines', async () => {
    const withKey = (body: unknown, type?: string, query?: string) =>
      post(body, type, query, { 'idempotency-key': 'once' });
    await withKey({ task: 'debug.echo', inputs: [1, 'a'], priority: 3 });
    await withKey('1\n"a"\n', 'application/x-ndjson', '?priority=3&task=debug.echo');
    await withKey({ task: 'debug.echo', inputs: [1, 'b'], priority: 3 });
    await post({ task: 'debug.echo', inputs: [1, 'b'], priority: 3 });
    expect(created.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['once', 'once', 'once', undefined]);
    const [list, lines, other, none] = created.map(({ fingerprint }) => fingerprint);
    expect(list).toMatch(/^[0-9a-f]{64}$/);
    expect(lines).toBe(list);
    expect(other).not.toBe(list);
    expect(none).toBeUndefined();

    gateway.answers['create-batch'] = () => ({ id: 'b', repeated: true });
    gateway.answers.batch = () => ({ ...runningBatch, state: 'succeeded' });
    const again = await withKey({ task: 'debug.echo', inputs: [1, 'a'], priority: 3 });
    expect([again.status, again.headers.get('location')]).toEqual([202, '/v1/batches/b']);
    expect(await again.json()).toEqual({ id: 'b', task: 'debug.echo', state: 'succeeded', total: 2 });
  });

  it('names the first faults of its inputs by their places, and runs none of them', async () => {
    const inputs = Array.from({ length: 2_000 }, (_, n) => ({ numbers: n % 60 === 59 ? ['no'] : [n] }));
    const problem = await problemOf(await post({ task: 'math.sum', inputs }));
    expect(problem).toMatchObject({ status: 422, code: 'invalid_input' });
    expect(problem.errors).toHaveLength(20);
    expect(problem.errors?.[1]?.path).toBe('inputs.119.numbers.0');
    expect(created).toEqual([]);
  });

  it.each([
    ['invalid_request', {}],
    ['invalid_request', { inputs: [] }],
    ['invalid_request', { inputs: [1], range: { from: 0, to: 1 } }],
    ['invalid_request', { inputs: [1], input: { a: 1 } }],
    ['invalid_request', { inputs: [1], folder: 'photos' }],
    ['invalid_request', { folder: 'photos' }],
    ['invalid_request', { range: { from: 5, to: 5 } }],
    ['invalid_request', { range: { from: 0, to: 20_000_000 } }],
    ['invalid_request', { inputs: [1], delay: '1s' }],
    ['invalid_request', { inputs: [1], key: 'a' }],
    ['invalid_request', { inputs: [1], reduce: { task: 'debug.echo', input: [1] } }],
    ['invalid_input', { inputs: [1], reduce: { task: 'math.sum', input: { numbers: [1] } } }],
    ['unknown_task', { inputs: [1], reduce: { task: 'no.such' } }],
    ['unknown_task', { task: 'no.such', inputs: [1] }],
    ['invalid_request', { task: 'image.thumbnail', inputs: [{}] }],
    ['invalid_input', { task: 'math.sum', range: { from: 0, to: 9 } }],
  ])('is refused with %s: %j', async (code, body) => {
    expect(await problemOf(await post({ task: 'debug.echo', ...body }))).toMatchObject({ code });
    expect(created).toEqual([]);
  });

  it('is refused while the broker is away, and with another type of body', async () => {
    expect(await problemOf(await post('<batch/>', 'text/xml'))).toMatchObject({ status: 415 });
    gateway.brokerState = 'disconnected';
    expect(await problemOf(await post({ task: 'debug.echo', inputs: [1] }))).toMatchObject({ status: 503 });
  });
});
