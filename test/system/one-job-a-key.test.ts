import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

const REQUESTS = 50;
let vhost: TestVhost;
let data: string;
let one: ServiceProcess;
let other: ServiceProcess;
const stack = new Stack();

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-key-'));
  const env = { AMQP_URL: vhost.url, HEDDLE_DATA: data };
  await stack.start('recorder', env);
  await stack.start('consumer', { ...env, HEDDLE_TASKS: 'debug.*' });
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

interface Answer {
  readonly status: number;
  readonly body: { readonly id?: string; readonly code?: string };
}

/** Undefined when the gateway was killed before it answered. */
async function submit(
  gateway: ServiceProcess,
  job: object,
  headers: Record<string, string> = {},
): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${gateway.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ task: 'debug.echo', ...job }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  } catch {
    return undefined;
  }
}

async function jobsTagged(tag: string): Promise<JobView[]> {
  const response = await fetch(`${other.url}/v1/jobs?tag=${tag}`);
  return ((await response.json()) as { jobs: JobView[] }).jobs;
}

it('a key has one unfinished job, whichever gateway is asked', async () => {
  const job = { task: 'debug.sleep', input: { ms: 60_000 }, key: 'tenant-7', tags: ['unique'] };
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, n) => submit(n % 2 === 0 ? one : other, job)),
  );
  const taken = answers.filter((answer) => answer?.status === 202);
  const refused = answers.filter((answer) => answer?.body.code === 'key_in_use');
  expect([taken.length, refused.length]).toEqual([1, REQUESTS - 1]);
  const returned = await submit(other, { ...job, onConflict: 'return' });
  expect(returned?.body.id).toBe(taken[0]?.body.id);
  const cancelled = await fetch(`${one.url}/v1/jobs/${returned?.body.id}`, { method: 'DELETE' });
  expect([200, 202]).toContain(cancelled.status);
  const later = { ...job, delay: '1h' };
  await expect.poll(async () => (await submit(one, later))?.status, { timeout: 20_000 }).toBe(202);
});

it('requests with one idempotency key make one job, though a gateway is killed among them', async () => {
  const headers = { 'idempotency-key': 'order-4711' };
  const job = { input: { order: 4711 }, tags: ['order'] };
  const asked = Array.from({ length: REQUESTS }, (_, n) => submit(n % 2 === 0 ? one : other, job, headers));
  await Promise.any(asked);
  await one.kill();
  const answers = (await Promise.all(asked)).filter((answer) => answer !== undefined);
  const ids = new Set(answers.filter(({ status }) => status === 202).map(({ body }) => body.id));
  expect(ids.size).toBe(1);
  await expect.poll(() => jobsTagged('order'), { timeout: 20_000 }).toMatchObject([{ state: 'succeeded' }]);

  const again = await submit(other, job, headers);
  expect([again?.status, again?.body.id]).toEqual([202, [...ids][0]]);
  const otherPayload = await submit(other, { ...job, input: { order: 4712 } }, headers);
  expect([otherPayload?.status, otherPayload?.body.code]).toEqual([422, 'idempotency_key_reused']);
});
