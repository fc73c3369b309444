import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { HeddleError, type Problem } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(async () => {
  await gateway.drain(500);
  // Nothing that a request did was our own fault, and nothing of it is still held.
  expect(gateway.logged.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(gateway.admission.held).toBe(0);
});

const post = (body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/jobs') =>
  fetch(gateway.url + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem).toMatchObject({ type: expect.any(String), title: expect.any(String) });
  return problem;
}

/** Sends bytes as they are, and gives what came back when the connection ended. */
async function raw(text: string | Buffer): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('a good job', () => {
  it('is answered with 202, its id and its place', async () => {
    const response = await post(
      JSON.stringify({
        task: 'math.sum',
        input: { numbers: [1, 2] },
        priority: 9,
        timeout: '5s',
        tags: ['a'],
      }),
    );
    expect(response.status).toBe(202);
    const body = (await response.json()) as { id: string };
    expect(body).toEqual({ id: gateway.submitted[0]?.id, task: 'math.sum', state: 'queued' });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${body.id}`);
    expect(gateway.submitted[0]).toMatchObject({
      task: 'math.sum',
      input: { numbers: [1, 2] },
      priority: 9,
      timeoutMs: 5_000,
      tags: ['a'],
    });
  });

  it('hands the trace context on, and drops what is none', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await post('{"task":"debug.echo","input":1}', { traceparent });
    await post('{"task":"debug.echo","input":1}', { traceparent: 'nonsense' });
    expect(gateway.submitted.map((job) => job.traceparent)).toEqual([traceparent, undefined]);
  });

  it('is measured under its route', async () => {
    await post('{"task":"debug.echo","input":1}');
    await fetch(`${gateway.url}/nowhere/42`);
    await expect.poll(() => gateway.observed).toEqual(['POST /v1/jobs 202', 'GET none 404']);
  });
});

describe('a body that is refused', () => {
  it.each([
    ['malformed JSON', '{"task":', 400, 'invalid_json', 'expected JSON'],
    ['nothing', '', 400, 'invalid_json', 'expected JSON'],
    ['an array', '[]', 422, 'invalid_request', 'expected object'],
    ['null', 'null', 422, 'invalid_request', 'expected object'],
    ['an unknown field', '{"task":"debug.echo","input":1,"colour":2}', 422, 'invalid_request', 'colour: '],
    [
      'a wrong type',
      '{"task":"debug.echo","input":1,"priority":"high"}',
      422,
      'invalid_request',
      'priority: ',
    ],
    ['a fraction', '{"task":"debug.echo","input":1,"priority":1.5}', 422, 'invalid_request', 'priority: '],
    [
      'a priority out of range',
      '{"task":"debug.echo","input":1,"priority":10}',
      422,
      'invalid_request',
      'priority: ',
    ],
    [
      'a wrong duration',
      '{"task":"debug.echo","input":1,"timeout":"soon"}',
      422,
      'invalid_request',
      'timeout: expected a duration',
    ],
    ['a task that is no name', '{"task":"*","input":1}', 422, 'invalid_request', 'task: '],
    ['no input', '{"task":"debug.echo"}', 422, 'invalid_request', 'input: expected a value, got nothing'],
    ['an unknown task', '{"task":"debug.nothing","input":1}', 404, 'unknown_task', 'GET /v1/tasks'],
    [
      'an input of the wrong type',
      '{"task":"math.sum","input":{"numbers":[1,"2"]}}',
      422,
      'invalid_input',
      'input.numbers.1: expected number, got string',
    ],
    [
      'an input with an unknown field',
      '{"task":"math.sum","input":{"numbers":[],"x":1}}',
      422,
      'invalid_input',
      'input.x: ',
    ],
    [
      'an input without a field',
      '{"task":"math.sum","input":{}}',
      422,
      'invalid_input',
      'input.numbers: expected a value, got nothing',
    ],
    [
      'JSON for a task that takes bytes',
      '{"task":"image.thumbnail","input":{}}',
      422,
      'invalid_request',
      'POST /v1/thumbnails',
    ],
    [
      'a key named __proto__',
      '{"task":"debug.echo","input":{"a":[{"__proto__":{"x":1}}]}}',
      422,
      'invalid_request',
      'input.a.0.__proto__: ',
    ],
    [
      'an escaped __proto__',
      '{"task":"debug.echo","input":{"\\u005f_proto__":1}}',
      422,
      'invalid_request',
      'input.__proto__: ',
    ],
    [
      '__proto__ beside the task',
      '{"task":"debug.echo","input":1,"__proto__":{"priority":9}}',
      422,
      'invalid_request',
      '__proto__: ',
    ],
    [
      'a NUL character',
      '{"task":"debug.echo","input":{"a":"x\\u0000y"}}',
      422,
      'invalid_request',
      'input.a: expected no NUL character',
    ],
    [
      'a NUL character in a key',
      '{"task":"debug.echo","input":{"\\u0000":1}}',
      422,
      'invalid_request',
      'expected no NUL character in a key',
    ],
    [
      'a NUL character in a tag',
      '{"task":"debug.echo","input":1,"tags":["\\u0000"]}',
      422,
      'invalid_request',
      'tags.0: ',
    ],
    [
      'a number beyond a double',
      '{"task":"debug.echo","input":[1e999]}',
      422,
      'invalid_request',
      'input.0: expected a number',
    ],
    [
      'deep nesting',
      `{"task":"debug.echo","input":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      422,
      'invalid_request',
      'levels of nesting',
    ],
    [
      'deep nesting that never closes',
      `{"task":"debug.echo","input":${'{"a":'.repeat(15_000)}`,
      422,
      'invalid_request',
      'levels of nesting',
    ],
  ])('%s', async (_, body, status, code, detail) => {
    const response = await post(body);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toContain(detail);
    expect(gateway.submitted).toEqual([]);
  });

  it('invalid UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from('{"task":"debug.echo","input":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect(await problemOf(await post(body))).toMatchObject({ status: 400, code: 'invalid_json' });
  });

  it.each([
    ['none', undefined],
    ['a form', 'application/x-www-form-urlencoded'],
    ['text', 'text/plain'],
    ['JSON in another charset', 'application/json; charset=utf-16'],
  ])('with content type %s', async (_, type) => {
    const answer = await raw(
      `POST /v1/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${type ? `content-type: ${type}\r\n` : ''}content-length: 2\r\n\r\n{}`,
    );
    expect(answer).toContain('415 Unsupported Media Type');
    expect(answer).toContain('"code":"unsupported_media_type"');
  });

  it('compressed', async () => {
    expect(await problemOf(await post('{}', { 'content-encoding': 'gzip' }))).toMatchObject({ status: 415 });
  });

  it('names every fault with its path', async () => {
    const problem = await problemOf(await post('{"task":1,"input":1,"priority":"x","wrong":1}'));
    expect(problem.errors?.map(({ path }) => path).toSorted()).toEqual(['priority', 'task', 'wrong']);
  });
});

describe('a body that is too large', () => {
  it('is refused at its declared length, and the answer arrives', async () => {
    const response = await post(Buffer.alloc(20_000_000, 0x20));
    expect(await problemOf(response)).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('is refused while it streams, and the answer arrives', async () => {
    const request = httpRequest(`${gateway.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const answered = once(request, 'response') as Promise<[import('node:http').IncomingMessage]>;
    for (let sent = 0; sent < 5_000_000; sent += 50_000) request.write(Buffer.alloc(50_000, 0x20));
    request.end();
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe('close');
    response.resume();
    await once(response, 'end');
  });
});

describe('a request that is refused', () => {
  it.each([
    ['GET', '/nowhere', 404, 'route_not_found'],
    ['GET', '/v1/jobs/', 404, 'route_not_found'],
    ['POST', '/v1/batches', 404, 'route_not_found'],
    ['PUT', '/v1/jobs', 405, 'method_not_allowed'],
    ['DELETE', '/v1/tasks', 405, 'method_not_allowed'],
    ['GET', '/v1/jobs/%ff%fe', 422, 'invalid_request'],
    ['GET', '/v1/jobs/%', 422, 'invalid_request'],
    ['GET', '/v1/jobs/a%00b', 404, 'job_not_found'],
    ['GET', '/v1/jobs/a%20b', 404, 'job_not_found'],
    ['GET', '/v1/jobs/a/outputs/x%00y', 404, 'output_not_found'],
    ['GET', '/v1/jobs?colour=red', 422, 'invalid_request'],
    ['GET', '/v1/jobs?__proto__=red', 422, 'invalid_request'],
    ['GET', '/v1/jobs?tag=%00', 422, 'invalid_request'],
    ['GET', '/v1/jobs?tag=%ff', 503, 'recorder_unavailable'],
    ['GET', '/v1/jobs?limit=1e9', 422, 'invalid_request'],
    ['GET', '/v1/jobs?limit=1&limit=2', 422, 'invalid_request'],
    ['GET', '/v1/jobs?state=asleep', 422, 'invalid_request'],
    ['GET', '/v1/jobs?since=yesterday', 422, 'invalid_request'],
    ['GET', '/v1/events?task=*', 422, 'invalid_request'],
    ['GET', '/docs/..%2f..%2fpackage.json', 404, 'route_not_found'],
  ])('%s %s → %i %s', async (method, path, status, code) => {
    const response = await fetch(gateway.url + path, { method });
    expect(await problemOf(response)).toMatchObject({ status, code });
    if (status === 405) expect(response.headers.get('allow')).toMatch(/GET|POST/);
    if (status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('lists the methods of a route', async () => {
    const refused = await fetch(`${gateway.url}/v1/jobs`, { method: 'DELETE' });
    expect(refused.headers.get('allow')).toBe('POST, GET, HEAD');
    const asked = await fetch(`${gateway.url}/v1/jobs`, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD']);
  });

  it('survives headers without end', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `x-${index}: y\r\n`).join('');
    expect(await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\n${many}\r\n`)).toContain('431');
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  it('survives what is no HTTP', async () => {
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n')).toContain('400 Bad Request');
  });

  it('refuses an Idempotency-Key that is none', async () => {
    const problem = await problemOf(
      await post('{"task":"debug.echo","input":1}', { 'idempotency-key': 'a b' }),
    );
    expect(problem).toMatchObject({ status: 422, code: 'invalid_request' });
  });
});

describe('a system that is away', () => {
  it.each([
    ['disconnected', 'broker_unavailable'],
    ['blocked', 'broker_blocked'],
  ] as const)('%s broker → 503 and when to come again', async (state, code) => {
    gateway.brokerState = state;
    const response = await post('{"task":"debug.echo","input":1}');
    expect(await problemOf(response)).toMatchObject({ status: 503, code });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a recorder that is away makes nothing of a known task fail', async () => {
    await post('{"task":"debug.echo","input":1}');
    gateway.answers = {};
    expect((await post('{"task":"debug.echo","input":1}')).status).toBe(202);
    const response = await fetch(`${gateway.url}/v1/jobs/x`);
    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'recorder_unavailable' });
  });

  it('is behind: never 404', async () => {
    gateway.answers = {
      job: () => {
        throw new HeddleError('recorder_behind', 'not read yet');
      },
    };
    const response = await fetch(`${gateway.url}/v1/jobs/x`);
    expect(await problemOf(response)).toMatchObject({ status: 503, code: 'recorder_behind' });
  });

  it('is our own fault: the answer keeps the words inside, the log has them', async () => {
    gateway.onSubmit = () => {
      throw new TypeError('secret inner words');
    };
    const response = await post('{"task":"debug.echo","input":1}');
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(gateway.logged.splice(0).join()).toContain('secret inner words');
  });
});

describe('limits', () => {
  it('bytes in flight: more is answered with 503 overloaded', async () => {
    await gateway.drain(100);
    gateway = await startScriptedGateway({ maxBytesInFlight: 3_000 });
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const body = JSON.stringify({ task: 'debug.echo', input: 'x'.repeat(2_000) });
    const first = post(body);
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const second = await post(body);
    expect(await problemOf(second)).toMatchObject({ status: 503, code: 'overloaded' });
    letGo();
    expect((await first).status).toBe(202);
  });

  it('requests at once: more is answered with 503 overloaded', async () => {
    await gateway.drain(100);
    gateway = await startScriptedGateway({ maxRequests: 1 });
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const first = post('{"task":"debug.echo","input":1}');
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const second = await fetch(`${gateway.url}/healthz`);
    expect(await problemOf(second)).toMatchObject({ status: 503, code: 'overloaded' });
    letGo();
    expect((await first).status).toBe(202);
  });

  it('a client that breaks off in the middle of its body leaves nothing behind', async () => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"task"',
    );
    await expect.poll(() => gateway.admission.held).toBe(5_000);
    socket.destroy();
    await expect.poll(() => gateway.admission.held).toBe(0);
  });
});

describe('draining', () => {
  it('finishes what was begun, takes nothing new and closes the connections', async () => {
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const begun = post('{"task":"debug.echo","input":1}');
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const drained = gateway.drain(5_000);
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow();
    letGo();
    const response = await begun;
    expect([response.status, response.headers.get('connection')]).toEqual([202, 'close']);
    await drained;
  });

  it('answers a late request on an open connection with 503 shutting_down', async () => {
    let letGo = () => {};
    gateway.onSubmit = () => new Promise<void>((resolve) => (letGo = resolve));
    const body = '{"task":"debug.echo","input":1}';
    const head = `POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    // Headers under way while the drain begins: the request is late.
    socket.write(head.slice(0, 30));
    const begun = post(body);
    await expect.poll(() => gateway.submitted.length).toBe(1);
    const drained = gateway.drain(5_000);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.write(head.slice(30) + body);
    await once(socket, 'close');
    expect(answer).toContain('503 Service Unavailable');
    expect(answer).toContain('"code":"shutting_down"');
    letGo();
    await begun;
    await drained;
  });
});
