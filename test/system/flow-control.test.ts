import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobView, QueueView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SystemStack } from '../support/system-stack.ts';

const TASKS = fileURLToPath(new URL('./tasks/flow-tasks.mjs', import.meta.url));

let folder: string;
let log: string;
let stack: SystemStack;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-flow-'));
  log = join(folder, 'flow.log');
  await writeFile(log, '');
  stack = await SystemStack.start({
    services: ['recorder', 'gateway', 'consumer', 'consumer'],
    tasks: TASKS,
    // As if the broker took deliveries and tokens back after a few seconds.
    env: { FLOW_LOG: log, HEDDLE_GUARD_AFTER: '1s' },
  });
});

afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const url = () => stack.of('gateway').url ?? '';
const get = async (path: string) => (await fetch(`${url()}${path}`)).text();

async function submit(job: object, count: number): Promise<string[]> {
  const response = await fetch(`${url()}/v1/jobs/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${JSON.stringify(job)}\n`.repeat(count),
  });
  const lines = (await response.text()).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

const allSucceed = (ids: readonly string[]) =>
  vi.waitFor(
    async () => {
      const jobs = await Promise.all(
        ids.map(async (id) => JSON.parse(await get(`/v1/jobs/${id}`)) as JobView),
      );
      expect(jobs.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    },
    { timeout: 90_000, interval: 200 },
  );

interface Note {
  readonly what: 'begin' | 'end';
  readonly job: string;
  readonly pid: number;
  readonly at: number;
}
const notes = (ids: readonly string[]) =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Note)
    .filter(({ job }) => ids.includes(job));

/** The most that ran at once; what a killed process had begun ends with it. */
function mostAtOnce(all: readonly Note[], killed?: { readonly pid: number; readonly at: number }): number {
  const steps = all.map(({ what, at }) => ({ at, change: what === 'begin' ? 1 : -1 }));
  if (killed) {
    const its = all.filter(({ pid }) => pid === killed.pid);
    const open = its.length - 2 * its.filter(({ what }) => what === 'end').length;
    steps.push(...Array.from({ length: open }, () => ({ at: killed.at, change: -1 })));
  }
  let running = 0;
  let most = 0;
  for (const { change } of steps.toSorted((a, b) => a.at - b.at || a.change - b.change)) {
    running += change;
    most = Math.max(most, running);
  }
  return most;
}

it('no more jobs run at once than the task allows, on all workers together, though one of them is killed', async () => {
  expect(JSON.parse(await get('/v1/tasks'))).toMatchObject({
    tasks: expect.arrayContaining([
      expect.objectContaining({ name: 'flow.limited', limit: { concurrency: 3 } }),
    ]) as unknown,
  });
  const ids = await submit({ task: 'flow.limited', input: { ms: 150 } }, 30);
  // Killed with tokens in its hands.
  const pid = await vi.waitFor(
    () => {
      expect(notes(ids).length).toBeGreaterThan(8);
      return notes(ids).at(-1)?.pid ?? 0;
    },
    { timeout: 60_000, interval: 10 },
  );
  // From now on, because the broker knows of its end sooner than this test does.
  const killed = { pid, at: Date.now() };
  await Promise.all(
    stack
      .all('consumer')
      .filter((worker) => worker.pid === pid)
      .map((worker) => stack.kill(worker)),
  );
  await allSucceed(ids);
  expect(mostAtOnce(notes(ids), killed)).toBe(3);
  // All three tokens are there for the one that is left.
  const more = await submit({ task: 'flow.limited', input: { ms: 500 } }, 9);
  await allSucceed(more);
  expect(mostAtOnce(notes(more))).toBe(3);
});

it('no more jobs begin within a time than the task allows', async () => {
  const ids = await submit({ task: 'flow.rated', input: { ms: 1 } }, 12);
  await allSucceed(ids);
  const begun = notes(ids).filter(({ what }) => what === 'begin');
  const within = begun.map(({ at }) => begun.filter((other) => other.at >= at && other.at < at + 980).length);
  expect(Math.max(...within)).toBe(5);
  const { queues } = JSON.parse(await get('/v1/queues')) as { queues: QueueView[] };
  expect(queues.find(({ task }) => task === 'flow.rated')).toMatchObject({
    limit: { rate: { count: 5, per: 1_000 } },
    ready: 0,
  });
});

it('the many jobs of one tenant do not delay the few of another, pausing and resuming included', async () => {
  const many = await submit({ task: 'flow.fair', input: { ms: 50, tenant: 'large' } }, 2_000);
  await vi.waitFor(() => expect(notes(many).length).toBeGreaterThan(20), { timeout: 60_000 });
  await fetch(`${url()}/v1/queues/flow.fair/pause`, { method: 'POST' });
  const few = await submit({ task: 'flow.fair', input: { ms: 50, tenant: 'small' } }, 10);
  await fetch(`${url()}/v1/queues/flow.fair/resume`, { method: 'POST' });
  await allSucceed(few);
  const begun = notes([...many, ...few]).filter(({ what }) => what === 'begin');
  const last = begun.findLastIndex(({ job }) => few.includes(job));
  // Come after all of them, run before most of them.
  expect(last).toBeLessThan(1_000);
  const { queues } = JSON.parse(await get('/v1/queues')) as { queues: QueueView[] };
  expect(queues.find(({ task }) => task === 'flow.fair')).toMatchObject({
    fair: { lanes: 4 },
    paused: false,
  });
  await fetch(`${url()}/v1/queues/flow.fair/pause`, { method: 'POST' });
});

it('a long job whose delivery is acked long since runs once, and its result counts once', async () => {
  const [long = ''] = await submit({ task: 'flow.long', input: { ms: 3_000 } }, 1);
  await allSucceed([long]);
  expect(notes([long]).map(({ what }) => what)).toEqual(['begin', 'end']);
  const { attempts } = JSON.parse(await get(`/v1/jobs/${long}`)) as JobView;
  expect(attempts).toHaveLength(1);
});

it('a long job whose delivery is acked long since runs again when its worker is killed', async () => {
  const [worker] = stack.all('consumer');
  const until = join(folder, 'until');
  const [long = ''] = await submit({ task: 'flow.long', input: { ms: 1, until } }, 1);
  // By now its delivery is acked, and a guard stands for it.
  await vi.waitFor(() => expect(Date.now() - (notes([long])[0]?.at ?? Date.now())).toBeGreaterThan(2_500), {
    timeout: 60_000,
    interval: 100,
  });
  if (worker) await stack.kill(worker);
  await writeFile(until, '');
  await stack.start('consumer');
  await allSucceed([long]);
  const begun = notes([long]).filter(({ what }) => what === 'begin');
  // As a suspect: in a child process of the other worker.
  expect(begun).toHaveLength(2);
  expect(begun[0]?.pid).toBe(worker?.pid);
  expect(JSON.parse(await get(`/v1/jobs/${long}`))).toMatchObject({ state: 'succeeded' });
});
