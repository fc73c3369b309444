import type { RecorderRequest } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { type BatchGateway, postBatch, setUpBatchGateway } from '../../test/batch-gateway.ts';
import type { ScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
let created: BatchGateway['created'];
let staged: Extract<RecorderRequest, { op: 'batch-part' }>[];
setUpBatchGateway(
  (opened) => {
    ({ gateway, created } = opened);
    staged = [];
    gateway.answers['batch-part'] = (request) => {
      staged.push(request);
      return { id: request.plan.id };
    };
    gateway.answers['drop-batch-parts'] = ({ batch }) => ({ id: batch });
  },
  { maxMessageBytes: 8_000_000 },
);

const post = (body: unknown, ...how: [type?: string, query?: string, headers?: Record<string, string>]) =>
  postBatch(gateway.url, body, ...how);

describe('a batch with a long list in one body', () => {
  const inputs = Array.from({ length: 60_000 }, (_, n) => ({ numbers: [n, n + 0.5] }));

  it('is read in slices and goes to the recorder part by part', async () => {
    const answer = await (await post({ task: 'math.sum', inputs, priority: 3 })).json();
    expect(answer).toMatchObject({ state: 'running', total: 60_000 });
    expect(staged.length).toBeGreaterThan(1);
    expect(staged.flatMap((part) => part.inputs)).toEqual(inputs);
    expect(created).toMatchObject([
      { source: { staged: 60_000 }, plan: { id: staged[0]?.plan.id, options: { priority: 3 } } },
    ]);
  });

  it('has its chunks with all that each job is to get', async () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => n);
    const body = { task: 'debug.echo', inputs: numbers, chunk: 30_000, input: { label: 'x' } };
    expect(await (await post(body)).json()).toMatchObject({ total: 4 });
    expect(created[0]?.source).toEqual({
      inputs: [0, 1, 2, 3].map((chunk) => ({
        label: 'x',
        items: numbers.slice(chunk * 30_000, (chunk + 1) * 30_000),
      })),
    });
  });

  it('is the same payload under an Idempotency-Key as its lines are', async () => {
    const key = { 'idempotency-key': 'long' };
    await post({ task: 'math.sum', inputs }, undefined, undefined, key);
    const lines = inputs.map((input) => JSON.stringify(input)).join('\n');
    await post(lines, 'application/x-ndjson', '?task=math.sum', key);
    const [list, ofLines] = created.map(({ fingerprint }) => fingerprint);
    expect(list).toMatch(/^[0-9a-f]{64}$/);
    expect(ofLines).toBe(list);
  });

  it.each([
    ['an input that the task does not take', { numbers: ['no'] }, 'invalid_input', 'inputs.59999.numbers.0'],
    ['a number beyond all numbers', '1e999', 'invalid_request', 'inputs.59999.numbers.0'],
    ['a NUL', { 'a\0': 1 }, 'invalid_request', 'inputs.59999'],
  ])('names the place of %s', async (_, last, code, path) => {
    const text = typeof last === 'string' ? `{"numbers":[${last}]}` : JSON.stringify(last);
    const body = JSON.stringify({ task: 'math.sum', inputs: [...inputs.slice(0, -1), 'last'] });
    const problem = await problemOf(await post(body.replace('"last"', text)));
    expect([problem.code, problem.errors?.[0]?.path]).toEqual([code, path]);
    expect(created).toEqual([]);
  });

  it.each([
    ['a comma too many', ',]}'],
    ['an object that does not end', ',{]}'],
    ['no end', ''],
    ['another list of that name', '],"inputs":[1]}'],
  ])('with %s is refused or read as JSON says', async (_, end) => {
    const body = `{"task":"debug.echo","inputs":[${inputs.map(() => '"0123456789"').join(',')}${end}`;
    const response = await post(body);
    if (end.includes('inputs')) expect(created[0]?.source).toEqual({ inputs: [1] });
    else expect(await problemOf(response)).toMatchObject({ status: 400, code: 'invalid_json' });
  });
});
