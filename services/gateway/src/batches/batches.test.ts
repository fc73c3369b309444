import { type BatchRecord, batchViewSchema, HeddleError, type RecorderRequest } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
let created: Extract<RecorderRequest, { op: 'create-batch' }>[];
beforeEach(async () => {
  gateway = await startScriptedGateway();
  created = [];
  gateway.answers['create-batch'] = (request) => {
    created.push(request);
    return { id: request.plan.id };
  };
});
afterEach(async () => {
  await gateway.drain(500);
  expect(gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(gateway.admission.held).toBe(0);
});

const post = (body: unknown, type = 'application/json', query = '') =>
  fetch(`${gateway.url}/v1/batches${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

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

const record: BatchRecord = {
  id: 'b',
  task: 'debug.echo',
  state: 'running',
  counts: { total: 8, succeeded: 1, failed: 1, dead: 0, cancelled: 0, expired: 0 },
  reduceJob: null,
  result: undefined,
  acceptedAt: 0,
  endedAt: null,
};
const call = async (path: string, method = 'GET') => fetch(`${gateway.url}/v1/batches${path}`, { method });

describe('what is known of batches', () => {
  it('shows how far one is', async () => {
    gateway.answers.batch = () => record;
    const view = await (await call('/b')).json();
    expect(view).toMatchObject({ state: 'running', progress: 0.25, counts: record.counts, result: null });
    expect(batchViewSchema.safeParse(view).error).toBeUndefined();
    gateway.answers.batches = ({ limit, cursor }) => ({ batches: [record], next: `${limit} ${cursor}` });
    expect(await (await call('?limit=3&cursor=x')).json()).toEqual({ batches: [view], next: '3 x' });
  });

  it('pages through results, which may end early, in the order of the inputs', async () => {
    gateway.answers.batch = () => record;
    gateway.answers['batch-results'] = ({ first, limit }) => ({
      results: Array.from({ length: Math.min(3, limit, 8 - first) }, (_, n) => ({
        index: first + n,
        id: `j${first + n}`,
        state: 'succeeded',
        result: first + n,
      })),
    });
    const seen: number[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const response = await call(`/b/results?first=${next}&limit=100`);
      const page = (await response.json()) as {
        results: { index: number; error: null }[];
        next: number | null;
      };
      seen.push(...page.results.map(({ index }) => index));
      next = page.next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await problemOf(await call('/b/results?first=-1'))).toMatchObject({ status: 422 });
  });

  it('cancels, and passes on why not', async () => {
    gateway.answers['cancel-batch'] = () => ({ ...record, state: 'cancelled', endedAt: 1 });
    expect(await (await call('/b', 'DELETE')).json()).toMatchObject({ state: 'cancelled' });
    gateway.answers['cancel-batch'] = () => {
      throw new HeddleError('not_cancellable', 'it has ended');
    };
    expect(await problemOf(await call('/b', 'DELETE'))).toMatchObject({ status: 409 });
    expect(await problemOf(await call('/a%20b'))).toMatchObject({ code: 'batch_not_found' });
  });
});
