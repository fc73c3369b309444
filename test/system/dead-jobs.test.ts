import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { Stack } from '../support/service-process.ts';

let vhost: TestVhost;
let data: string;
let url: string;
const stack = new Stack();

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-dead-'));
  const env = { AMQP_URL: vhost.url, HEDDLE_DATA: data };
  await stack.start('recorder', env);
  await stack.start('consumer', env);
  url = (await stack.start('gateway', env)).url ?? '';
});
afterAll(async () => {
  await stack.stop();
  await vhost?.drop();
  if (data) await rm(data, { recursive: true, force: true });
});

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return (await response.json()) as T;
}
const untilIt = (id: string, expected: object) =>
  vi.waitFor(async () => expect(await call('GET', `/jobs/${id}`)).toMatchObject(expected), {
    timeout: 30_000,
    interval: 100,
  });

describe('a dead job', () => {
  it('is grouped, goes again under its id with another input, and keeps its history', async () => {
    const sleep = { task: 'debug.sleep', input: { ms: 60_000 }, timeout: 100 };
    const { id } = await call<JobView>('POST', '/jobs', sleep);
    await untilIt(id, { state: 'dead', error: { code: 'timed_out' } });
    const { groups } = await call<{ groups: object[] }>('GET', '/dead');
    expect(groups).toMatchObject([{ task: 'debug.sleep', error: 'timed_out', count: 1, newest: id }]);
    const replay = await call('POST', '/dead/replay', { ids: [id], input: { ms: 1 } });
    expect(replay).toMatchObject({ replayed: 1, left: 0 });
    await untilIt(id, { state: 'succeeded', input: { ms: 1 }, error: null });
    const job = await call<JobView>('GET', `/jobs/${id}`);
    expect(job.attempts).toHaveLength(2);
    expect(await call('GET', '/dead')).toMatchObject({ groups: [] });
  });

  it('that took bytes goes again with them', async () => {
    const response = await fetch(`${url}/v1/thumbnails?sizes=32`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: 'this is no picture',
    });
    const { id } = (await response.json()) as JobView;
    await untilIt(id, { state: 'failed', outputs: [] });
    const selection = { task: 'image.thumbnail', include: 'failed' };
    expect(await call('POST', '/dead/replay', selection)).toMatchObject({ replayed: 1 });
    await vi.waitFor(
      async () => {
        const job = await call<JobView>('GET', `/jobs/${id}`);
        expect(job).toMatchObject({ state: 'failed', outputs: [] });
        expect(job.attempts).toHaveLength(2);
        expect(job.attempts[1]?.error?.code).toBe(job.attempts[0]?.error?.code);
      },
      { timeout: 30_000, interval: 100 },
    );
  });
});
