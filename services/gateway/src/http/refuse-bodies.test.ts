import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { postJob, problemOf, sendRaw } from '../../test/send-requests.ts';

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

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  postJob(gateway.url, body, headers);
const raw = (text: string) => sendRaw(gateway.url, text);

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
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    for (let sent = 0; sent < 5_000_000; sent += 50_000) request.write(Buffer.alloc(50_000, 0x20));
    request.end();
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(response.headers.connection).toBe('close');
    response.resume();
    await once(response, 'end');
  });
});
