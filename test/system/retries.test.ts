import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isTerminal, type JobView } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

let vhost: TestVhost;
let data: string;
let gateway: ServiceProcess;
const stack = new Stack();

beforeAll(async () => {
  vhost = await createVhost();
  data = await mkdtemp(join(tmpdir(), 'heddle-retries-'));
  const env = { AMQP_URL: vhost.url, HEDDLE_DATA: data, HEDDLE_TASKS: 'debug.*' };
  await stack.start('recorder', env);
  gateway = await stack.start('gateway', env);
  await stack.start('consumer', env);
});

afterAll(async () => {
  await stack.stop();
  await vhost?.drop();
  if (data) await rm(data, { recursive: true, force: true });
});

async function submit(job: object): Promise<string> {
  for (;;) {
    const response = await fetch(`${gateway.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(job),
    });
    const answer = (await response.json()) as { id: string };
    if (response.status === 202) return answer.id;
    // The worker's announcement may still be on its way.
    if (response.status !== 404) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
    await pause(100);
  }
}

async function seen(id: string, isWanted: (job: JobView) => boolean): Promise<JobView> {
  for (;;) {
    const response = await fetch(`${gateway.url}/v1/jobs/${id}`);
    const job = (await response.json()) as JobView;
    if (response.ok && isWanted(job)) return job;
    await pause(50);
  }
}
const ended = (id: string) => seen(id, ({ state }) => isTerminal(state));

describe('a job that fails', () => {
  it('rests, is tried again, and is dead in the end, with every attempt and its error to be seen', async () => {
    const id = await submit({
      task: 'debug.fail',
      input: { message: 'not today', code: 'closed' },
      retry: { attempts: 3, delay: 400, backoff: 'fixed', jitter: 0 },
    });
    const resting = await seen(id, ({ state }) => state !== 'queued');
    expect(resting.state).toBe('retrying');
    const job = await ended(id);
    expect(job).toMatchObject({ state: 'dead', error: { code: 'closed', message: 'not today' } });
    expect(job.attempts.map(({ number, error }) => [number, error?.code])).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'closed'],
    ]);
  });

  it('is not tried again when it says that this would not help, or when it has but one attempt', async () => {
    const refused = { message: 'never', retryable: false };
    const retry = { attempts: 3, delay: 100 };
    const ids = [
      await submit({ task: 'debug.fail', input: refused, retry }),
      await submit({ task: 'debug.fail', input: { message: 'never' } }),
    ];
    for (const job of await Promise.all(ids.map(ended))) {
      expect(job.state).toBe('failed');
      expect(job.attempts).toHaveLength(1);
    }
  });
});

describe('a job with a time to live', () => {
  it('expires if it rests for longer, and is not tried again', async () => {
    const retry = { attempts: 2, delay: 2_000, jitter: 0 };
    const id = await submit({ task: 'debug.fail', input: { message: 'no' }, ttl: '1s', retry });
    const job = await ended(id);
    expect(job).toMatchObject({ state: 'expired', error: { code: 'expired' } });
    expect(job.attempts[0]).toMatchObject({ number: 1, error: { code: 'task_failed' } });
  });
});
