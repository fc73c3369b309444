import type { Problem } from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BrokerNode, startBroker } from '../../../test/support/broker.ts';
import { type InProcessService, InProcessStack } from '../../../test/support/in-process-stack.ts';
import { postJob } from '../test/send-requests.ts';

let node: BrokerNode;
let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  node = await startBroker();
  stack = new InProcessStack(node.url);
  await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker('debug.echo');
  await vi.waitFor(async () => expect((await submit()).status).toBe(202), { timeout: 30_000 });
});
afterAll(async () => {
  await stack.stop();
  await node.stop();
});

const submit = () => postJob(gateway.url, '{"task":"debug.echo","input":1}');

/** What alerts look at: whether the gateway is connected, and whether it is blocked. */
async function shown(): Promise<Record<string, string>> {
  const text = await gateway.metrics.registry.metrics();
  const found = text.matchAll(/^heddle_broker_(connected|blocked)\{.*\} (.+)$/gm);
  return Object.fromEntries([...found].map(([, metric, value]) => [metric, value]));
}

async function refusal(response: Response): Promise<string> {
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  return ((await response.json()) as Problem).code;
}

describe('a broker', () => {
  it('with a memory alarm: submits are refused at once, and taken again when it is over', async () => {
    await node.setMemoryAlarm(true);
    // The broker says so to a connection that publishes.
    await vi.waitFor(
      () => {
        void submit();
        expect(gateway.broker.state).toBe('blocked');
      },
      { timeout: 30_000 },
    );
    expect(await shown()).toEqual({ connected: '1', blocked: '1' });
    const began = Date.now();
    expect(await refusal(await submit())).toBe('broker_blocked');
    const bulk = await fetch(`${gateway.url}/v1/jobs/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"task":"debug.echo","input":1}\n',
    });
    expect(await refusal(bulk)).toBe('broker_blocked');
    expect(Date.now() - began).toBeLessThan(10_000);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    await node.setMemoryAlarm(false);
    await vi.waitFor(async () => expect((await submit()).status).toBe(202), { timeout: 30_000 });
    expect(await shown()).toEqual({ connected: '1', blocked: '0' });
  });

  it('that is down: everything that needs it is refused at once, and works again when it is back', async () => {
    await node.halt();
    await vi.waitFor(() => expect(gateway.broker.state).toBe('disconnected'), { timeout: 30_000 });
    expect(await shown()).toEqual({ connected: '0', blocked: '0' });
    const began = Date.now();
    expect(await refusal(await submit())).toBe('broker_unavailable');
    for (const path of [
      '/v1/jobs',
      '/v1/jobs/x',
      '/v1/jobs/x/outputs/y',
      '/v1/jobs/x/events',
      '/v1/events',
    ]) {
      expect(await refusal(await fetch(gateway.url + path))).toMatch(
        /broker_unavailable|recorder_unavailable/,
      );
    }
    expect(Date.now() - began).toBeLessThan(10_000);
    expect((await fetch(`${gateway.url}/v1/tasks`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: expect.any(Array) }]);

    await node.start();
    await vi.waitFor(
      async () => {
        const response = await postJob(gateway.url, '{"task":"debug.echo","input":"back"}', {
          prefer: 'wait=10',
        });
        expect(await response.json()).toMatchObject({ state: 'succeeded', result: 'back' });
      },
      { timeout: 60_000, interval: 200 },
    );
    // Not everything of it comes back at the same time.
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await expect.poll(shown).toEqual({ connected: '1', blocked: '0' });
  });
});
