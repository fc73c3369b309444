import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../support/broker.ts';
import { type ServiceProcess, Stack } from '../support/service-process.ts';

const soon = { timeout: 60_000, interval: 200 };
const LEADS = 'ticks the schedules from now on';

describe('schedules, through HTTP, with two producers', () => {
  let vhost: TestVhost;
  let folder: string;
  let url: string;
  let env: Record<string, string>;
  let producers: ServiceProcess[];
  let recorder: ServiceProcess;
  const stack = new Stack();

  beforeAll(async () => {
    vhost = await createVhost();
    folder = mkdtempSync(join(tmpdir(), 'heddle-schedules-'));
    env = { AMQP_URL: vhost.url, HEDDLE_DATA: folder };
    const [gateway] = await Promise.all([
      stack.start('gateway', env),
      stack.start('consumer', { ...env, HEDDLE_TASKS: 'debug.*' }),
    ]);
    recorder = await stack.start('recorder', env);
    producers = await Promise.all([stack.start('producer', env), stack.start('producer', env)]);
    url = gateway.url ?? '';
    await vi.waitFor(async () => {
      const response = await send('POST', '/v1/jobs', { task: 'debug.echo', input: 0 });
      expect(response.status).toBe(202);
    }, soon);
  });
  afterAll(async () => {
    await stack.stop();
    await vhost.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = (method: string, path: string, body: object) =>
    fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  /** The jobs of a schedule, oldest first. */
  async function jobsOf(schedule: string): Promise<{ id: string; acceptedAt: string; state: string }[]> {
    const response = await fetch(`${url}/v1/jobs?tag=schedule:${schedule}&limit=200`);
    return (
      (await response.json()) as { jobs: { id: string; acceptedAt: string; state: string }[] }
    ).jobs.toReversed();
  }
  const leader = () => producers.find(({ log }) => log.some(({ msg }) => msg === LEADS));

  test('each tick makes one job, also while the producer that ticks is killed and the recorder too', async () => {
    const everyMs = 500;
    const created = await send('POST', '/v1/schedules', {
      id: 'beat',
      task: 'debug.echo',
      input: 1,
      every: everyMs,
    });
    expect(created.status).toBe(201);
    await vi.waitFor(async () => expect((await jobsOf('beat')).length).toBeGreaterThan(3), soon);
    const victim = leader();
    expect(producers.filter(({ log }) => log.some(({ msg }) => msg === LEADS))).toEqual([victim]);
    await victim?.kill();
    producers = producers.filter((producer) => producer !== victim);
    const before = (await jobsOf('beat')).length;
    await vi.waitFor(async () => expect((await jobsOf('beat')).length).toBeGreaterThan(before + 3), soon);
    await recorder.kill();
    recorder = await stack.start('recorder', env);
    const survived = (await jobsOf('beat')).length;
    await vi.waitFor(async () => expect((await jobsOf('beat')).length).toBeGreaterThan(survived + 3), soon);

    await send('POST', '/v1/schedules/beat', { paused: true });
    const jobs = await jobsOf('beat');
    const { createdAt } = (await created.json()) as { createdAt: string };
    const ticks = jobs.map(({ acceptedAt }) =>
      Math.floor((Date.parse(acceptedAt) - Date.parse(createdAt)) / everyMs),
    );
    expect(new Set(ticks).size, `ticks ${ticks.join(', ')}`).toBe(ticks.length);
    await vi.waitFor(async () => {
      expect(new Set((await jobsOf('beat')).map(({ state }) => state))).toEqual(new Set(['succeeded']));
    }, soon);
  });

  test('a schedule runs when it is asked to, and shows when it last did and will', async () => {
    await send('POST', '/v1/schedules', { id: 'yearly', task: 'debug.echo', input: 1, cron: '0 0 1 1 *' });
    const run = await fetch(`${url}/v1/schedules/yearly/run`, { method: 'POST' });
    const { id } = (await run.json()) as { id: string };
    await vi.waitFor(async () => {
      expect(await (await fetch(`${url}/v1/jobs/${id}`)).json()).toMatchObject({ state: 'succeeded' });
    }, soon);
    expect(await (await fetch(`${url}/v1/schedules/yearly`)).json()).toMatchObject({
      lastTickAt: null,
      nextRunAt: expect.stringMatching(/-01-01T00:00:00.000Z$/),
    });
  });
});
