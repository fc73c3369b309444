import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { Stack } from '../support/service-process.ts';

const LOW = 250;
let vhost: TestVhost;
let data: string;
let url: string;
const stack = new Stack();

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-priority-'));
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

async function submit(body: object, headers: Record<string, string> = {}): Promise<JobView> {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  expect([200, 202]).toContain(response.status);
  return (await response.json()) as JobView;
}

it('a job of high priority is the next to run after those already running, however many wait', async () => {
  const low = Array.from({ length: LOW }, () =>
    submit({ task: 'debug.sleep', input: { ms: 600 }, priority: 1, tags: ['low'] }),
  );
  await Promise.all(low);
  const high = await submit({ task: 'debug.sleep', input: { ms: 1 }, priority: 9 }, { prefer: 'wait=60' });
  expect(high.state).toBe('succeeded');

  const response = await fetch(`${url}/v1/jobs?tag=low&limit=200`);
  const { jobs } = (await response.json()) as { jobs: JobView[] };
  const startOf = (job: JobView) => Date.parse(job.startedAt ?? '9999-01-01T00:00:00Z');
  const waiting = jobs.filter((job) => startOf(job) > Date.parse(high.acceptedAt) + 50);
  const overtaken = waiting.filter((job) => startOf(job) < startOf(high));
  expect(waiting.length).toBeGreaterThan(0);
  expect(overtaken).toEqual([]);
});
