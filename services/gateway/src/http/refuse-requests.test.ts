import { HeddleError } from '@heddle/contracts';
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

describe('a request that is refused', () => {
  it.each([
    ['GET', '/nowhere', 404, 'route_not_found'],
    ['GET', '/v1/jobs/', 404, 'route_not_found'],
    ['POST', '/v1/nothing', 404, 'route_not_found'],
    ['PUT', '/v1/jobs/abc', 405, 'method_not_allowed'],
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
    const answer = await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\n${many}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 .*application\/problem\+json.*"code":"headers_too_large"/s);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });

  it('survives what is no HTTP', async () => {
    const answer = await raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n');
    expect(answer).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n.*application\/problem\+json.*"code":"malformed_request"/s,
    );
  });

  it('refuses a request that contradicts itself, and closes the connection', async () => {
    const answer = await raw(
      'POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n12',
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 .*connection: close.*"code":"malformed_request"/is);
  });

  it('refuses an Idempotency-Key of jobs in bulk, and says what there is instead', async () => {
    const answer = await fetch(`${gateway.url}/v1/jobs/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'once' },
      body: '{"task":"debug.echo","input":1}\n',
    });
    expect([answer.status, await answer.json()]).toEqual([
      422,
      expect.objectContaining({
        code: 'invalid_request',
        detail: expect.stringMatching(/^header Idempotency-Key: .*"key"/),
      }),
    ]);
    expect(gateway.submitted).toEqual([]);
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
