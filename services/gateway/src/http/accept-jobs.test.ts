import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { postJob } from '../../test/send-requests.ts';

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
