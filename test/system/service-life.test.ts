import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BrokerNode, startBroker } from '../support/broker.ts';
import { keepPosting } from '../support/keep-posting.ts';
import { readAllJobs } from '../support/read-jobs.ts';
import { type ServiceName, type ServiceProcess, startService } from '../support/service-process.ts';
import { createStackDatabase, type StackDatabase } from '../support/stack-database.ts';

/** Two of each, but for the notifier, and for the recorder if its database is SQLite, which has one owner. */
const services: ServiceName[] = [
  'recorder',
  'gateway',
  'gateway',
  'consumer',
  'consumer',
  'producer',
  'producer',
  'notifier',
];

let node: BrokerNode;
let data: string;
let database: StackDatabase;
const running: ServiceProcess[] = [];

const env = () => ({
  AMQP_URL: node.url,
  HEDDLE_DATA: data,
  HEDDLE_DRAIN_SECONDS: '20',
  ...database.env,
});
const gateways = () => running.filter(({ name }) => name === 'gateway').map(({ url }) => url ?? '');
const ready = async ({ ops }: ServiceProcess) => (await fetch(`http://127.0.0.1:${ops}/readyz`)).status;

beforeAll(async () => {
  node = await startBroker();
  data = await mkdtemp(join(tmpdir(), 'heddle-service-life-'));
  database = await createStackDatabase();
  if (database.shared) services.unshift('recorder');
});

afterAll(async () => {
  for (const service of running.toReversed()) await service.kill();
  await node?.stop();
  await database?.drop();
  if (data) await rm(data, { recursive: true, force: true });
});

it('every service that starts while the broker is down says so, and works as soon as the broker comes', async () => {
  await node.halt();
  running.push(
    ...(await Promise.all(services.map((name) => startService(name, env(), 'connecting to the broker')))),
  );
  for (const { ops, name } of running) {
    expect((await fetch(`http://127.0.0.1:${ops}/healthz`)).status, name).toBe(200);
    await vi.waitFor(async () => {
      const answer = await fetch(`http://127.0.0.1:${ops}/readyz`);
      expect(answer.status, name).toBe(503);
      const { reasons } = (await answer.json()) as { reasons: string[] };
      expect(reasons.join(), name).toMatch(/no broker to publish to: .*ECONNREFUSED/);
    });
  }
  for (const url of gateways()) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    const asked: [string, RequestInit?][] = [
      ['/v1/jobs', post({ task: 'debug.echo', input: 1 })],
      ['/v1/batches', post({ task: 'debug.echo', inputs: [1] })],
      ['/v1/jobs/01900000-0000-7000-8000-000000000000'],
      ['/v1/jobs'],
      ['/v1/tasks'],
      ['/v1/events'],
    ];
    for (const [path, init] of asked) {
      const answer = await fetch(url + path, init);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }

  await node.start();
  for (const service of running) {
    await vi.waitFor(async () => expect(await ready(service), service.name).toBe(200), {
      timeout: 30_000,
      interval: 100,
    });
  }
  const job = await fetch(`${gateways()[0]}/v1/jobs`, {
    ...post({ task: 'debug.echo', input: 'here' }, { prefer: 'wait=10' }),
  });
  expect(await job.json()).toMatchObject({ state: 'succeeded', result: 'here' });
});

it('a rolling restart of everything loses no job, ends every process with 0 and shows clients nothing but "come again"', async () => {
  const batch = await fetch(`${gateways()[0]}/v1/batches`, {
    ...post({ task: 'debug.echo', range: { from: 0, to: 2_000 }, tags: ['batch'] }),
  });
  const { id: batchId } = (await batch.json()) as { id: string };
  const load = keepPosting(gateways(), (index) =>
    index % 10 === 0
      ? { task: 'debug.sleep', input: { ms: 50 }, tags: ['rolling'] }
      : { task: 'debug.echo', input: { index }, tags: ['rolling'] },
  );
  await load.reached(300);
  for (const [place, service] of running.entries()) {
    expect([service.name, await service.stop()]).toEqual([service.name, 0]);
    const again = await startService(service.name, {
      ...env(),
      HEDDLE_OPS_PORT: String(service.ops),
      ...(service.url && { HEDDLE_HTTP_PORT: new URL(service.url).port }),
    });
    running[place] = again;
    await vi.waitFor(async () => expect(await ready(again)).toBe(200), {
      timeout: 20_000,
      interval: 50,
    });
    await load.reached(load.accepted.size + 100);
  }
  await load.stop();

  expect(load.surprises).toEqual([]);
  const jobs = await readAllJobs(gateways()[0] ?? '', load.accepted, AbortSignal.timeout(60_000));
  expect([...load.accepted].filter((id) => jobs.get(id)?.state !== 'succeeded')).toEqual([]);
  await vi.waitFor(async () => {
    const answer = await fetch(`${gateways()[0]}/v1/batches/${batchId}`);
    expect(await answer.json()).toMatchObject({ state: 'succeeded', counts: { succeeded: 2_000 } });
  });
  console.log(
    `${services.length} processes restarted: ${load.accepted.size} jobs accepted, none lost; ` +
      `refused ${JSON.stringify(Object.fromEntries(load.refused))}`,
  );
}, 240_000);

function post(body: object, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
