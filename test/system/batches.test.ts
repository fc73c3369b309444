import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

const soon = { timeout: 90_000, interval: 200 };

interface Batch {
  readonly id: string;
  readonly state: string;
  readonly counts: { readonly total: number; readonly succeeded: number; readonly cancelled: number };
  readonly result: unknown;
}

describe('batches, through HTTP', () => {
  let vhost: TestVhost;
  let folder: string;
  let url: string;
  let env: Record<string, string>;
  let producer: ServiceProcess;
  const stack = new Stack();

  beforeAll(async () => {
    vhost = await createVhost();
    folder = mkdtempSync(join(tmpdir(), 'heddle-batches-'));
    env = { AMQP_URL: vhost.url, HEDDLE_DATA: folder };
    const [gateway] = await Promise.all([
      stack.start('gateway', env),
      stack.start('recorder', env),
      stack.start('consumer', { ...env, HEDDLE_TASKS: 'debug.*' }),
    ]);
    producer = await stack.start('producer', env);
    url = gateway.url ?? '';
    await vi.waitFor(
      async () => expect((await post({ task: 'debug.echo', inputs: [0] })).status).toBe(202),
      soon,
    );
  });
  afterAll(async () => {
    await stack.stop();
    await vhost.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (body: object) =>
    fetch(`${url}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const show = async (id: string) => (await (await fetch(`${url}/v1/batches/${id}`)).json()) as Batch;

  async function submit(body: object): Promise<string> {
    const response = await post(body);
    const answer = (await response.json()) as { id: string };
    expect(response.status, JSON.stringify(answer)).toBe(202);
    return answer.id;
  }

  async function resultsOf(id: string): Promise<unknown[]> {
    const results: unknown[] = [];
    for (let first: number | null = 0; first !== null; ) {
      const response: Response = await fetch(`${url}/v1/batches/${id}/results?first=${first}&limit=1000`);
      const page = (await response.json()) as { results: { result: unknown }[]; next: number | null };
      results.push(...page.results.map(({ result }) => result));
      first = page.next;
    }
    return results;
  }

  test('a producer that is killed in the middle leaves no gap and makes no second job', async () => {
    const total = 6_000;
    const id = await submit({ task: 'debug.echo', range: { from: 0, to: total, chunk: 1 } });
    await vi.waitFor(async () => expect((await show(id)).counts.succeeded).toBeGreaterThan(200), {
      ...soon,
      interval: 10,
    });
    await producer.kill();
    producer = await stack.start('producer', env);
    await vi.waitFor(async () => expect(await show(id)).toMatchObject({ state: 'succeeded' }), soon);
    expect((await show(id)).counts).toMatchObject({ total, succeeded: total });
    const numbers = (await resultsOf(id)).map((result) => (result as { from: number }).from);
    expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  test('a reduce job begins when all others have ended, and its result is that of the batch', async () => {
    const id = await submit({
      task: 'debug.sleep',
      inputs: [{ ms: 300 }, { ms: 10 }, { ms: 100 }],
      reduce: { task: 'debug.echo', input: { how: 'sum' } },
    });
    await vi.waitFor(async () => expect(await show(id)).toMatchObject({ state: 'succeeded' }), soon);
    expect(await show(id)).toMatchObject({ result: { how: 'sum', batch: id }, counts: { succeeded: 3 } });
  });

  test('a job that fails lets the others go on, or stops them, as the batch says', async () => {
    const inputs = [{ message: 'no' }, ...Array.from({ length: 3 }, () => ({ message: 'no' }))];
    const collected = await submit({ task: 'debug.fail', inputs });
    await vi.waitFor(async () => expect(await show(collected)).toMatchObject({ state: 'failed' }), soon);
    expect((await show(collected)).counts).toMatchObject({ failed: 4 });
    const stopped = await submit({
      task: 'debug.fail',
      inputs,
      onFailure: 'stop',
      reduce: { task: 'debug.echo' },
    });
    await vi.waitFor(
      async () => expect(await show(stopped)).toMatchObject({ state: 'failed', reduceJob: null }),
      soon,
    );
  });

  test('a batch is cancelled whole, jobs that are still to be made included', async () => {
    const id = await submit({
      task: 'debug.sleep',
      inputs: Array.from({ length: 400 }, () => ({ ms: 60_000 })),
    });
    await vi.waitFor(async () => expect(await running(id)).toBeGreaterThan(0), soon);
    const response = await fetch(`${url}/v1/batches/${id}`, { method: 'DELETE' });
    expect(await response.json()).toMatchObject({ state: 'cancelled' });
    await vi.waitFor(async () => expect(await running(id)).toBe(0), soon);
    expect(await show(id)).toMatchObject({ state: 'cancelled' });
  });

  /** How many of the sleeping jobs run now. */
  async function running(id: string): Promise<number> {
    const { jobs } = (await (
      await fetch(`${url}/v1/jobs?task=debug.sleep&state=running&limit=200`)
    ).json()) as {
      jobs: { batch: string }[];
    };
    return jobs.filter(({ batch }) => batch === id).length;
  }
});
