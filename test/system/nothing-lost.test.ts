import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrokerNode, startBroker } from '../support/broker.ts';
import { readAllJobs } from '../support/read-jobs.ts';
import { type ServiceName, type ServiceProcess, startService } from '../support/service-process.ts';
import { submitLoad } from '../support/submit-load.ts';

const JOBS = 20_000;
const LIMIT_MS = 300_000;

let node: BrokerNode;
let data: string;
const running = new Map<string, ServiceProcess>();

beforeAll(async () => {
  node = await startBroker();
  data = await mkdtemp(join(tmpdir(), 'heddle-nothing-lost-'));
  await start('recorder');
  await start('gateway');
  await start('worker 1', 'consumer');
  await start('worker 2', 'consumer');
  await start('producer');
}, 120_000);

afterAll(async () => {
  for (const service of [...running.values()].reverse()) await service.stop();
  await node?.stop();
  if (data) await rm(data, { recursive: true, force: true });
});

/** Starts a service; one that is started again keeps the ports of its predecessor. */
async function start(who: string, name = who as ServiceName): Promise<void> {
  const before = running.get(who);
  const ports = before && {
    HEDDLE_OPS_PORT: String(before.ops),
    ...(before.url && { HEDDLE_HTTP_PORT: new URL(before.url).port }),
  };
  running.set(
    who,
    await startService(name, { AMQP_URL: node.url, HEDDLE_DATA: data, LOG_LEVEL: 'info', ...ports }),
  );
}

async function killAndRestart(who: string, name = who as ServiceName): Promise<void> {
  await running.get(who)?.kill();
  await start(who, name);
}

it(
  `loses no job that got a 202, whatever is killed while ${JOBS} of them run`,
  async () => {
    const faults = [
      { at: 0.1, what: 'kill -9 a worker', cause: () => killAndRestart('worker 1', 'consumer') },
      { at: 0.25, what: 'kill -9 the recorder', cause: () => killAndRestart('recorder') },
      { at: 0.4, what: 'kill -9 the gateway', cause: () => killAndRestart('gateway') },
      { at: 0.6, what: 'restart the broker', cause: () => node.restart() },
      {
        at: 0.8,
        what: 'kill -9 the broker',
        cause: async () => {
          await node.kill();
          await node.start();
        },
      },
    ];
    const caused: string[] = [];
    let faulting = Promise.resolve();
    const deadline = AbortSignal.timeout(LIMIT_MS);
    const load = await submitLoad({
      url: () => running.get('gateway')?.url ?? '',
      wanted: JOBS,
      connections: 64,
      deadline,
      body: (index) =>
        index % 10 === 0
          ? { task: 'debug.sleep', input: { ms: 20 }, tags: ['chaos'] }
          : { task: 'debug.echo', input: { index }, tags: ['chaos'] },
      onAccepted: (accepted) => {
        while (faults[0] && accepted >= faults[0].at * JOBS) {
          const fault = faults.shift() as (typeof faults)[number];
          faulting = faulting.then(fault.cause).then(() => void caused.push(fault.what));
        }
      },
    });
    await faulting;
    expect(caused).toHaveLength(5);

    const jobs = await readAllJobs(running.get('gateway')?.url ?? '', load.accepted, deadline);
    const ended = (id: string) => jobs.get(id)?.ended === true;
    const lost = [...load.accepted].filter((id) => !ended(id));
    const recovered = [...jobs].filter(([id, job]) => job.ended && !load.accepted.has(id)).length;
    const ranTwice = [...jobs.values()].filter((job) => job.runs > 1).length;
    console.log(
      `attempted ${load.attempted}, accepted ${load.accepted.size}, finished ${load.accepted.size - lost.length}, ` +
        `lost ${lost.length}, recovered ${recovered} (ran though their 202 was cut off), ran twice ${ranTwice}, ` +
        `refused ${JSON.stringify(Object.fromEntries(load.refused))}`,
    );
    expect(lost).toEqual([]);
    expect([...load.accepted].filter((id) => jobs.get(id)?.state !== 'succeeded')).toEqual([]);
  },
  LIMIT_MS + 30_000,
);
