import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Lives } from '../support/follow-lives.ts';
import { SystemStack } from '../support/system-stack.ts';

/** Every arrow of the diagram that an event draws. */
const drawn = [
  ...readFileSync(new URL('../../docs/lifecycle.md', import.meta.url), 'utf8').matchAll(
    /^ {2}(\S+ --> \S+ : \S+)$/gm,
  ),
].map(([, arrow]) => arrow);

const TASKS = fileURLToPath(new URL('./tasks/life-tasks.mjs', import.meta.url));

const lives = new Lives();
let stack: SystemStack;

beforeAll(async () => {
  stack = await SystemStack.start({ services: ['recorder', 'gateway', 'consumer'], tasks: TASKS });
  await stack.api.call('POST', '/v1/queues/life.waiting/pause');
  await lives.follow(stack.api.url);
});
afterAll(async () => {
  lives.stop();
  await stack?.stop();
});

type Run = [ms: number, end: 'succeed' | 'fail' | 'refuse' | 'wait'];

interface Case {
  /** The arrows that it is there for. */
  readonly along: readonly string[];
  readonly runs?: readonly Run[];
  /** Of the job, besides task and input. */
  readonly job?: object;
  /** Its task is paused. */
  readonly waits?: true;
  /** Its task has serial keys, and it has one of its own. */
  readonly serial?: true;
  /** What is done to the job once it has gone along the arrow. */
  readonly next?: { readonly after: string; readonly act: (id: string) => Promise<unknown> };
}

const quick: Run = [0, 'succeed'];
const slow: Run = [300, 'succeed'];
const again = (attempts: number, delay = '100ms') => ({ retry: { attempts, delay, jitter: 0 } });
const cancel = (after: string) => ({
  after,
  act: (id: string) => stack.api.call('DELETE', `/v1/jobs/${id}`),
});
/** The event may be here before the recorder has got it. */
const replay = (after: string) => ({
  after,
  act: (id: string) =>
    vi.waitFor(
      async () => {
        const { body } = await stack.api.call('POST', '/v1/dead/replay', { ids: [id] });
        expect(body).toMatchObject({ replayed: 1 });
      },
      { timeout: WAIT_MS, interval: 50 },
    ),
});

/** A job that ends within 100 ms goes without `started`, within a second without `progress`: each arrow from a waiting state needs a quick run and a slow one. */
const cases: readonly Case[] = [
  { along: ['[*] --> queued : accepted', 'queued --> succeeded : succeeded'], runs: [quick] },
  {
    along: [
      'queued --> running : started',
      'running --> running : progress',
      'running --> succeeded : succeeded',
    ],
    runs: [[2_000, 'succeed']],
  },
  {
    along: ['queued --> failed : failed', 'failed --> queued : replayed'],
    runs: [[0, 'fail']],
    next: replay('queued --> failed : failed'),
  },
  {
    along: ['queued --> dead : dead', 'dead --> queued : replayed'],
    runs: [[9_000, 'succeed']],
    job: { timeout: 30 },
    next: replay('queued --> dead : dead'),
  },
  {
    along: ['queued --> retrying : retrying', 'retrying --> succeeded : succeeded'],
    runs: [[0, 'fail'], quick],
    job: again(2),
  },
  {
    along: ['retrying --> retrying : retrying', 'retrying --> running : started'],
    runs: [[0, 'fail'], [0, 'fail'], slow],
    job: again(3),
  },
  {
    along: ['retrying --> failed : failed'],
    runs: [
      [0, 'fail'],
      [0, 'refuse'],
    ],
    job: again(2),
  },
  { along: ['retrying --> dead : dead'], runs: [[0, 'fail']], job: again(2) },
  {
    along: ['retrying --> cancelled : cancelled'],
    runs: [[0, 'fail']],
    job: again(2, '1h'),
    next: cancel('queued --> retrying : retrying'),
  },
  {
    along: ['retrying --> expired : expired'],
    runs: [[0, 'fail']],
    job: { ...again(2, '3s'), ttl: '2s' },
  },
  { along: ['running --> retrying : retrying'], runs: [[300, 'fail'], quick], job: again(2) },
  { along: ['running --> failed : failed'], runs: [[300, 'fail']] },
  { along: ['running --> dead : dead'], runs: [[9_000, 'succeed']], job: { timeout: 300 } },
  {
    along: ['running --> cancelled : cancelled'],
    runs: [[60_000, 'succeed']],
    next: cancel('queued --> running : started'),
  },
  { along: ['queued --> delayed : delayed', 'delayed --> succeeded : succeeded'], job: { delay: 150 } },
  { along: ['delayed --> running : started'], runs: [slow], job: { delay: 150 } },
  {
    along: ['delayed --> retrying : retrying'],
    runs: [[0, 'fail'], quick],
    job: { delay: 150, ...again(2) },
  },
  { along: ['delayed --> failed : failed'], runs: [[0, 'fail']], job: { delay: 150 } },
  { along: ['delayed --> dead : dead'], runs: [[9_000, 'succeed']], job: { delay: 150, timeout: 30 } },
  {
    along: ['delayed --> cancelled : cancelled'],
    job: { delay: '1h' },
    next: cancel('queued --> delayed : delayed'),
  },
  { along: ['delayed --> expired : expired'], waits: true, job: { delay: 150, ttl: 300 } },
  {
    along: ['queued --> cancelled : cancelled'],
    waits: true,
    next: cancel('[*] --> queued : accepted'),
  },
  { along: ['queued --> expired : expired'], waits: true, job: { ttl: 100 } },
  { along: ['queued --> delayed : waiting'], serial: true, runs: [[0, 'wait']] },
  { along: ['delayed --> delayed : waiting'], serial: true, runs: [[0, 'wait']], job: { delay: 150 } },
  { along: ['running --> delayed : waiting'], serial: true, runs: [[300, 'wait']] },
  {
    along: ['retrying --> delayed : waiting'],
    serial: true,
    runs: [
      [0, 'fail'],
      [0, 'wait'],
    ],
    job: again(2),
  },
];

/** A machine that is busy makes a quick run a slow one: then another job tries. */
const TRIES = 5;
const WAIT_MS = 15_000;

async function drive({ along, runs = [quick], job = {}, waits, serial, next }: Case): Promise<void> {
  const input = { runs: runs.map(([ms, end]) => ({ ms, end })) };
  for (let tried = 1; ; tried++) {
    const { id } = await stack.api.submit(
      serial
        ? { task: 'life.serial', input: { ...input, key: randomUUID() }, ...job }
        : { task: waits ? 'life.waiting' : 'life.lived', input, ...job },
    );
    const goes = (arrows: readonly string[]) =>
      vi.waitFor(() => expect(lives.of(id)).toEqual(expect.arrayContaining([...arrows])), {
        timeout: WAIT_MS,
        interval: 20,
      });
    try {
      if (next) {
        await goes([next.after]);
        await next.act(id);
      }
      return await goes(along);
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

it('drives a job along every arrow of docs/lifecycle.md, and no job goes along another', async () => {
  expect(cases.flatMap(({ along }) => along).toSorted()).toEqual(drawn.toSorted());
  await Promise.all(cases.map(drive));
  expect([...lives.all()].toSorted()).toEqual(drawn.toSorted());
});
