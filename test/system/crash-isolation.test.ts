import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

const TASKS = fileURLToPath(new URL('./tasks/poison-tasks.mjs', import.meta.url));

let vhost: TestVhost;
let data: string;
let gateway: ServiceProcess;
const stack = new Stack();
let env: Record<string, string>;
let isOver = false;
let deaths = 0;
let supervised: Promise<void>;

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-poison-'));
  env = { AMQP_URL: vhost.url, HEDDLE_DATA: data, HEDDLE_TASKS: TASKS };
  await stack.start('recorder', env);
  gateway = await stack.start('gateway', env);
  const worker = await stack.start('consumer', env);
  supervised = supervise(worker);
});

afterAll(async () => {
  isOver = true;
  await stack.stop();
  await supervised;
  await vhost?.drop();
  if (data) await rm(data, { recursive: true, force: true });
});

/** Starts a worker anew whenever one has died, as `npm start` and Kubernetes do. */
async function supervise(first: ServiceProcess): Promise<void> {
  let worker = first;
  for (;;) {
    await worker.exited;
    if (isOver) return;
    deaths++;
    worker = await stack.start('consumer', env);
  }
}

async function submit(input: object): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: 'poison.maybe', input }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

async function ended(id: string): Promise<JobView> {
  for (;;) {
    const response = await fetch(`${gateway.url}/v1/jobs/${id}`);
    const job = (await response.json()) as JobView;
    if (response.ok && ['succeeded', 'failed', 'dead', 'cancelled', 'expired'].includes(job.state))
      return job;
    await pause(100);
  }
}

it('a job that takes its worker down ends as dead after three, and its neighbours run as if nothing had happened', async () => {
  const neighbours = Array.from({ length: 10 }, () => submit({ isPoison: false, ms: 1_500 }));
  const poison = await submit({ isPoison: true, ms: 300 });
  const ids = await Promise.all(neighbours);
  const job = await ended(poison);
  expect(job).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  expect(deaths).toBe(3);
  for (const neighbour of await Promise.all(ids.map(ended))) {
    expect(neighbour).toMatchObject({ state: 'succeeded', result: { attempt: 1 } });
  }
  const later = await submit({ isPoison: false, ms: 0 });
  expect(await ended(later)).toMatchObject({ state: 'succeeded' });
  expect(deaths).toBe(3);
});
