import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

let vhost: TestVhost;
let data: string;
let env: Record<string, string>;
let recorder: ServiceProcess;
let worker: ServiceProcess;
let one: ServiceProcess;
let other: ServiceProcess;
const stack = new Stack();

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-cancel-'));
  env = { AMQP_URL: vhost.url, HEDDLE_DATA: data, HEDDLE_TASKS: 'debug.*' };
  recorder = await stack.start('recorder', env);
  worker = await stack.start('consumer', env);
  one = await stack.start('gateway', env);
  other = await stack.start('gateway', env);
  for (const { url } of [one, other]) {
    await vi.waitFor(
      async () => expect(await (await fetch(`${url}/v1/tasks`)).text()).toContain('debug.sleep'),
      {
        timeout: 30_000,
      },
    );
  }
});

afterAll(async () => {
  await stack.stop();
  await vhost?.drop();
  if (data) await rm(data, { recursive: true, force: true });
});

async function submit(
  job: object,
  headers: Record<string, string> = {},
): Promise<JobView & { code?: string }> {
  const response = await fetch(`${one.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(job),
  });
  return (await response.json()) as JobView;
}
const show = async (id: string) => (await (await fetch(`${other.url}/v1/jobs/${id}`)).json()) as JobView;
const cancel = (id: string) => fetch(`${other.url}/v1/jobs/${id}`, { method: 'DELETE' });

it('a running job is stopped from another gateway', async () => {
  const { id } = await submit({ task: 'debug.sleep', input: { ms: 120_000 } });
  await expect.poll(() => show(id), { timeout: 20_000 }).toMatchObject({ state: 'running' });
  expect((await cancel(id)).status).toBe(202);
  await expect
    .poll(() => show(id), { timeout: 20_000 })
    .toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
  expect((await cancel(id)).status).toBe(200);
});

it('a cancel outlives the recorder and the workers: the job is not run when its time comes', async () => {
  const cancelled = await submit({ task: 'debug.echo', input: 'never', delay: '3s' });
  const marker = await submit({ task: 'debug.echo', input: 'runs', delay: '5s' });
  expect([cancelled.state, marker.state]).toEqual(['delayed', 'delayed']);
  expect((await cancel(cancelled.id)).status).toBe(200);
  await Promise.all([recorder.kill(), worker.kill()]);
  recorder = await stack.start('recorder', env);
  worker = await stack.start('consumer', env);
  await expect.poll(() => show(marker.id), { timeout: 60_000 }).toMatchObject({ state: 'succeeded' });
  const job = await show(cancelled.id);
  expect([job.state, job.result]).toEqual(['cancelled', null]);
});

it('a paused task keeps its jobs waiting, whoever sent them, until it is resumed', async () => {
  const act = (what: string) => fetch(`${other.url}/v1/queues/debug.echo/${what}`, { method: 'POST' });
  expect((await act('pause')).status).toBe(200);
  let waiting = '';
  await expect
    .poll(
      async () => {
        const job = await submit({ task: 'debug.echo', input: 'patient' }, { prefer: 'wait=1' });
        waiting = job.id;
        return job.state;
      },
      { timeout: 30_000 },
    )
    .toBe('queued');
  const shown = async () => {
    const { queues } = (await (await fetch(`${one.url}/v1/queues`)).json()) as { queues: { task: string }[] };
    return queues.find(({ task }) => task === 'debug.echo');
  };
  await expect.poll(shown).toMatchObject({ paused: true, ready: 1 });
  // Others go on.
  expect(await submit({ task: 'debug.sleep', input: { ms: 1 } }, { prefer: 'wait=20' })).toMatchObject({
    state: 'succeeded',
  });
  await act('resume');
  await expect.poll(() => show(waiting), { timeout: 20_000 }).toMatchObject({ state: 'succeeded' });
  await expect.poll(shown).toMatchObject({ paused: false, ready: 0 });
});
