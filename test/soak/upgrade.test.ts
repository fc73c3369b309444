import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BrokerNode, startBroker } from '../support/broker.ts';
import { keepPosting } from '../support/keep-posting.ts';
import { buildOlderVersion, type OlderVersion } from '../support/older-version.ts';
import { readAllJobs } from '../support/read-jobs.ts';
import { type ServiceName, type ServiceProcess, startService } from '../support/service-process.ts';
import { createStackDatabase, type StackDatabase } from '../support/stack-database.ts';

/** What is upgraded from: any commit, as git names it. */
const FROM = process.env['HEDDLE_UPGRADE_FROM'] ?? 'HEAD~50';
/** In the order of docs/operations/upgrades.md. */
const ORDER: readonly ServiceName[] = [
  'recorder',
  'consumer',
  'consumer',
  'producer',
  'producer',
  'notifier',
  'gateway',
  'gateway',
];
const LONG = 30_000;

let older: OlderVersion;
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

beforeAll(async () => {
  older = buildOlderVersion(FROM);
  node = await startBroker();
  data = await mkdtemp(join(tmpdir(), 'heddle-upgrade-'));
  database = await createStackDatabase();
  // The recorder first: what it declares is then there for all.
  for (const name of ORDER) running.push(await startService(name, env(), 'started', older.root));
}, 300_000);

afterAll(async () => {
  for (const service of running.toReversed()) await service.kill();
  await node?.stop();
  await database?.drop();
  older?.remove();
  if (data) await rm(data, { recursive: true, force: true });
});

/** Stops one process in good order, and starts the other version in its place. */
async function replace(place: number, version?: URL): Promise<void> {
  const service = running.at(place);
  if (!service) throw new Error(`expected a process ${place} of ${running.length}`);
  expect([service.name, await service.stop()]).toEqual([service.name, 0]);
  const ports = {
    HEDDLE_OPS_PORT: String(service.ops),
    ...(service.url && { HEDDLE_HTTP_PORT: new URL(service.url).port }),
  };
  const next = await startService(service.name, { ...env(), ...ports }, 'started', version);
  running[place] = next;
  const ready = async () => expect((await fetch(`http://127.0.0.1:${next.ops}/readyz`)).status).toBe(200);
  await vi.waitFor(ready, { timeout: LONG, interval: 50 });
}

it(`an upgrade from ${FROM}, and the way back of all but the recorder, lose no job and tell clients nothing but "come again"`, async () => {
  const load = keepPosting(gateways(), (index) => {
    const tags = ['upgrade'];
    if (index % 10 === 0) return { task: 'debug.sleep', input: { ms: 50 }, tags };
    if (index % 10 === 1)
      return { task: 'ledger.deposit', input: { account: `a${index % 7}`, amount: 1 }, tags };
    if (index % 10 === 2) return { task: 'debug.echo', input: index, delay: 1_500, tags };
    return { task: 'debug.echo', input: { index }, tags };
  });
  const batches: string[] = [];
  const upgradeAll = async (places: readonly number[], version?: URL) => {
    const response = await fetch(`${gateways()[0]}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'debug.echo', range: { from: 0, to: 2_000 } }),
    });
    batches.push(((await response.json()) as { id: string }).id);
    for (const place of places) {
      await load.reached(load.accepted.size + 100);
      await replace(place, version);
    }
    await load.reached(load.accepted.size + 100);
  };
  const places = [...ORDER.keys()];
  await upgradeAll(places);
  const upgraded = load.accepted.size;
  await upgradeAll(places.slice(1).toReversed(), older.root);
  await load.stop();

  expect([...new Set(load.surprises)]).toEqual([]);
  const jobs = await readAllJobs(gateways()[0] ?? '', load.accepted, AbortSignal.timeout(120_000));
  expect([...load.accepted].filter((id) => jobs.get(id)?.state !== 'succeeded')).toEqual([]);
  for (const id of batches)
    await vi.waitFor(
      async () => {
        const answer = await fetch(`${gateways()[0]}/v1/batches/${id}`);
        expect(await answer.json()).toMatchObject({ state: 'succeeded', counts: { succeeded: 2_000 } });
      },
      { timeout: LONG, interval: 200 },
    );
  console.log(
    `from ${older.commit} to this version: ${upgraded} jobs accepted meanwhile, and ${load.accepted.size - upgraded} on the way back; none lost; ` +
      `refused ${JSON.stringify(Object.fromEntries(load.refused))}`,
  );
}, 600_000);
