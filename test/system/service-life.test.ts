import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { untilKnown } from '../support/await-tasks.ts';
import { keepPosting } from '../support/keep-posting.ts';
import { ServiceFleet, untilReady } from '../support/service-fleet.ts';
import type { ServiceName } from '../support/service-process.ts';

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

let fleet: ServiceFleet;

beforeAll(async () => {
  fleet = await ServiceFleet.open();
  if (fleet.database.shared) services.unshift('recorder');
});
afterAll(() => fleet?.stop());

it('every service that starts while the broker is down says so, and works as soon as the broker comes', async () => {
  await fleet.node.halt();
  await fleet.start(services, 'connecting to the broker');
  for (const { ops, name } of fleet.running) {
    expect((await fetch(`http://127.0.0.1:${ops}/healthz`)).status, name).toBe(200);
    await vi.waitFor(
      async () => {
        const answer = await fetch(`http://127.0.0.1:${ops}/readyz`);
        expect(answer.status, name).toBe(503);
        const { reasons } = (await answer.json()) as { reasons: string[] };
        expect(reasons.join(), name).toMatch(/no broker to publish to: .*ECONNREFUSED/);
      },
      { timeout: 60_000 },
    );
  }
  for (const url of fleet.gateways) {
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

  await fleet.node.start();
  for (const service of fleet.running) await untilReady(service);
  // A worker's word of its tasks goes to the gateways by way of the recorder.
  for (const url of fleet.gateways) await untilKnown(url, ['debug.echo', 'debug.sleep']);
  const job = await fetch(`${fleet.gateways[0]}/v1/jobs`, {
    ...post({ task: 'debug.echo', input: 'here' }, { prefer: 'wait=60' }),
  });
  expect(await job.json()).toMatchObject({ state: 'succeeded', result: 'here' });
});

it('a rolling restart of everything loses no job, ends every process with 0 and shows clients nothing but "come again"', async () => {
  const batch = await fleet.submitBatch();
  const load = keepPosting(fleet.gateways, (index) =>
    index % 10 === 0
      ? { task: 'debug.sleep', input: { ms: 50 }, tags: ['rolling'] }
      : { task: 'debug.echo', input: { index }, tags: ['rolling'] },
  );
  await load.reached(300);
  for (const place of fleet.running.keys()) {
    await fleet.replace(place);
    await load.reached(load.accepted.size + 100);
  }
  await load.stop();
  await fleet.expectNothingLost(load, [batch]);
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
