/** The toolbox between real processes: killed, frozen, and with a broker that dies. */
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrokerNode, startBroker } from '../support/broker.ts';
import { checkLockHistories } from '../support/lock-histories.ts';
import { createDatabase } from '../support/postgres.ts';
import { startToolboxProcess, type ToolboxProcess } from '../support/start-toolbox-process.ts';
import type { Done } from '../support/toolbox-process.ts';

const SOON = { timeout: 60_000 };

let node: BrokerNode;
let url: string;
let all: [ToolboxProcess, ToolboxProcess, ToolboxProcess];
let frozen: ToolboxProcess;

beforeAll(async () => {
  node = await startBroker();
  url = (await node.createVhost()).url;
  const start = () => startToolboxProcess(url);
  [frozen, ...all] = await Promise.all([startToolboxProcess(url, 1), start(), start(), start()]);
});
afterAll(async () => {
  await Promise.all([frozen, ...(all ?? [])].map((one) => one?.kill()));
  await node?.stop();
});

it('a process that is frozen past its heartbeat loses its lease, and its stale fence is refused by the row', async () => {
  const database = await createDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('create table account (name text primary key, writer int, fence bigint)');
    await client.query("insert into account values ('row', 0, 0)");
    const other = all[0];
    const write = async (one: ToolboxProcess, fence: number) =>
      (await one.tell<number>({ do: 'writeRow', name: 'row', url: database.url, fence })).value;

    const stale = (await frozen.tell<number>({ do: 'acquire', name: 'row' })).value ?? 0;
    frozen.freeze();
    const fence = (await other.tell<number>({ do: 'acquire', name: 'row' })).value ?? 0;
    expect(fence).toBeGreaterThan(stale);
    expect(await write(other, fence)).toBe(1);
    // It still thinks that it holds the lock when it wakes up.
    const late = write(frozen, stale);
    frozen.thaw();
    expect(await late).toBe(0);
    await expect.poll(() => frozen.news, SOON).toEqual([stale]);
    expect((await frozen.tell({ do: 'release', name: 'row' })).error).toBe('LeaseLostError');
    const { rows } = await client.query('select fence from account');
    expect(rows).toEqual([{ fence: String(fence) }]);
  } finally {
    await client.end();
    await database.drop();
  }
});

it('items and permits that a killed process had are there again, each once', async () => {
  const other = all[0];
  const killed = await startToolboxProcess(url);
  await killed.tell({ do: 'acquirePermit', name: 'killed' });
  await killed.tell({ do: 'acquirePermit', name: 'killed' });
  for (const item of ['a', 'b']) await killed.tell({ do: 'put', name: 'killed', item });
  expect((await killed.tell({ do: 'get', name: 'killed' })).value).toBe('a');
  await killed.kill();
  // The broker learns of its end from the connection, and others may ask before.
  await expect.poll(async () => (await other.tell({ do: 'size', name: 'killed' })).value, SOON).toBe(2);
  expect((await other.tell({ do: 'get', name: 'killed' })).value).toBe('a');
  expect((await other.tell({ do: 'get', name: 'killed' })).value).toBe('b');
  expect((await other.tell({ do: 'getNowait', name: 'killed' })).error).toBe('Empty');
  await expect.poll(async () => (await other.tell({ do: 'permits', name: 'killed' })).value, SOON).toBe(2);
});

it('over restarts of the broker no fence comes twice, no token and no item is lost, and nobody who waits is forgotten', async () => {
  const [one, two, three] = all;
  await one.tell({ do: 'acquirePermit', name: 'restart' });
  const items = Array.from({ length: 30 }, (_, n) => n);
  await Promise.all(items.map((item) => two.tell({ do: 'put', name: 'items', item })));
  const event = three.tell<boolean>({ do: 'wait', name: 'restart' });
  const line = three.tell<string>({ do: 'get', name: 'line' });

  const fences = all.map((): number[] => []);
  const stopping = new AbortController();
  const contend = async (one: ToolboxProcess, own: number[]): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { value } = await one.tell<number>({ do: 'acquire', name: 'restart' });
      if (value !== undefined) own.push(value);
      await one.tell({ do: 'release', name: 'restart' });
    }
  };
  const contending = Promise.all(all.map((one, index) => contend(one, fences[index] ?? [])));
  const everybodyGetsOn = async () => {
    const before = fences.map(({ length }) => length);
    await expect
      .poll(() => fences.map(({ length }, index) => length - (before[index] ?? 0) >= 2), { timeout: 60_000 })
      .toEqual([true, true, true]);
  };
  await everybodyGetsOn();
  await node.restart();
  await everybodyGetsOn();
  await node.kill();
  await node.start();
  await everybodyGetsOn();
  stopping.abort();
  await contending;

  const given = fences.flat();
  expect(new Set(given).size).toBe(given.length);
  for (const own of fences) expect(own).toEqual(own.toSorted((a, b) => a - b));
  expect((await one.tell({ do: 'tryAcquire', name: 'restart' })).value).toEqual(expect.any(Number));
  expect((await two.tell({ do: 'tryAcquire', name: 'restart' })).value).toBe(null);
  await expect.poll(async () => (await two.tell({ do: 'permits', name: 'restart' })).value, SOON).toBe(2);
  await one.tell({ do: 'set', name: 'restart' });
  expect((await event).value).toBe(true);
  await one.tell({ do: 'put', name: 'line', item: 'next' });
  expect((await line).value).toBe('next');
  const got: unknown[] = [];
  for (let done: Done<unknown> = await one.tell({ do: 'getNowait', name: 'items' }); !done.error; ) {
    got.push(done.value);
    done = await one.tell({ do: 'getNowait', name: 'items' });
  }
  expect(new Set(got)).toEqual(new Set(items));
});

it('random histories of three processes are linearizable', async () => {
  await checkLockHistories(all, { runs: 15, longest: 7 });
});
