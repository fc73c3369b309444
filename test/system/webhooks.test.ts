import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { answering, type Receiver, startReceiver } from '../../services/notifier/test/receiver.ts';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

const soon = { timeout: 40_000, interval: 200 };

describe('webhooks, from the request to the receiver', () => {
  let vhost: TestVhost;
  let folder: string;
  let url: string;
  let env: Record<string, string>;
  let notifier: ServiceProcess;
  const stack = new Stack();
  const receivers: Receiver[] = [];

  beforeAll(async () => {
    vhost = await createVhost();
    folder = mkdtempSync(join(tmpdir(), 'heddle-webhooks-'));
    env = {
      AMQP_URL: vhost.url,
      HEDDLE_DATA: folder,
      HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8',
      HEDDLE_DRAIN_SECONDS: '3',
    };
    const [gateway] = await Promise.all([
      stack.start('gateway', env),
      stack.start('recorder', env),
      stack.start('consumer', { ...env, HEDDLE_TASKS: 'debug.*' }),
    ]);
    notifier = await stack.start('notifier', env);
    url = gateway.url ?? '';
    await vi.waitFor(async () => expect((await submit('http://127.0.0.1:1/')).status).toBe(202), soon);
  });
  afterAll(async () => {
    await stack.stop();
    for (const receiver of receivers) await receiver.close();
    await vhost.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function receiver(...start: Parameters<typeof startReceiver>): Promise<Receiver> {
    const started = await startReceiver(...start);
    receivers.push(started);
    return started;
  }

  const submit = (webhook: string, job: object = { task: 'debug.echo', input: 7 }) =>
    fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...job, webhook: { url: webhook } }),
    });
  const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;

  /** The delivery of a job's webhook, which is a job itself. */
  async function deliveryOf(job: string): Promise<unknown> {
    const found = (await (await fetch(`${url}/v1/jobs?tag=webhook:${job}`)).json()) as { jobs: unknown[] };
    return found.jobs[0];
  }

  test('tell of a success and of a failure', async () => {
    const { url: hook, received } = await receiver(answering(200));
    const succeeded = await idOf(await submit(hook));
    const failed = await idOf(await submit(hook, { task: 'debug.fail', input: { message: 'no' } }));
    await vi.waitFor(() => expect(received).toHaveLength(2), soon);
    const bodies = received.map(({ body }) => JSON.parse(body) as { type: string; data: { id: string } });
    expect(bodies.find(({ data }) => data.id === succeeded)).toMatchObject({
      type: 'job.succeeded',
      data: { result: 7 },
    });
    expect(bodies.find(({ data }) => data.id === failed)).toMatchObject({
      type: 'job.failed',
      data: { error: { code: 'task_failed', message: 'no' } },
    });
    await vi.waitFor(
      async () => expect(await deliveryOf(succeeded)).toMatchObject({ state: 'succeeded' }),
      soon,
    );
  });

  test('are tried again, which their job shows', async () => {
    const { url: hook, received } = await receiver(answering(500, 200));
    const job = await idOf(await submit(hook));
    await vi.waitFor(async () => expect(await deliveryOf(job)).toMatchObject({ state: 'retrying' }), soon);
    await vi.waitFor(async () => expect(await deliveryOf(job)).toMatchObject({ state: 'succeeded' }), soon);
    expect(received).toHaveLength(2);
    expect(await deliveryOf(job)).toMatchObject({
      attempts: [{ error: { code: 'webhook_failed' } }, { error: null }],
    });
  });

  test('reach the receiver though the notifier is killed in the middle, with the same id', async () => {
    let isOpen = false;
    const { url: hook, received } = await receiver((_request, response) => {
      if (isOpen) response.end();
    });
    const job = await idOf(await submit(hook));
    await vi.waitFor(() => expect(received).toHaveLength(1), soon);
    await notifier.kill();
    isOpen = true;
    notifier = await stack.start('notifier', env);
    await vi.waitFor(async () => expect(await deliveryOf(job)).toMatchObject({ state: 'succeeded' }), soon);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });
});
