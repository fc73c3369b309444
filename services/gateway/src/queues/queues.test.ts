import { queueListSchema } from '@heddle/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { echoTask, type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { postJob, problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(() => gateway.drain(500));

/** The gateway learns of its tasks with the first job. */
const tasksAreKnown = () => postJob(gateway.url, '{"task":"debug.echo","input":1}');

it('shows what waits for a task, who works on it, and whether it is paused', async () => {
  await tasksAreKnown();
  let counted = 0;
  gateway.countMessages = async (queue) => {
    counted++;
    if (queue === 'heddle.jobs.math.sum') throw new Error('the channel went');
    return queue === 'heddle.jobs.debug.echo' ? 7 : 0;
  };
  gateway.answers.counts = () => [
    { task: 'debug.echo', state: 'queued', count: 7 },
    { task: 'debug.echo', state: 'dead', count: 1 },
    { task: 'gone.task', state: 'dead', count: 1 },
  ];
  gateway.answers['control-snapshot'] = () => ({ cancelled: [], paused: ['image.thumbnail'] });
  for (const worker of ['a', 'b'])
    gateway.workers.hear({
      type: 'worker',
      worker,
      tasks: ['debug.echo', `only.${worker}`],
      running: 0,
      leaving: false,
      at: 0,
    });
  const [first, second] = await Promise.all([1, 2].map(() => fetch(`${gateway.url}/v1/queues`)));
  const list = await first?.json();
  expect(list).toEqual({
    queues: [
      {
        task: 'debug.echo',
        ready: 7,
        paused: false,
        limit: null,
        fair: null,
        endedPerSecond: null,
        workers: 2,
        jobs: { queued: 7, dead: 1 },
      },
      {
        task: 'image.thumbnail',
        ready: 0,
        paused: true,
        limit: null,
        fair: null,
        endedPerSecond: null,
        workers: 0,
        jobs: {},
      },
      {
        task: 'math.sum',
        ready: null,
        paused: false,
        limit: { rate: { count: 5, per: 1_000 } },
        fair: null,
        endedPerSecond: null,
        workers: 0,
        jobs: {},
      },
    ],
  });
  expect(queueListSchema.safeParse(list).error).toBeUndefined();
  // Two at once cost the broker no more than one.
  expect([await second?.json(), counted]).toEqual([list, 3]);
});

it('counts what waits in the partitions of a serial task with its queue', async () => {
  const serial = { state: 'accounts', partitions: 2 };
  const deposit = { ...echoTask, name: 'ledger.deposit', serial, announcedAt: 0 };
  gateway.answers.tasks = () => ({ tasks: [{ ...echoTask, announcedAt: 0 }, deposit] });
  gateway.answers.counts = () => [];
  gateway.answers['control-snapshot'] = () => ({ cancelled: [], paused: [] });
  const waiting: Record<string, number> = {
    'heddle.jobs.ledger.deposit': 1,
    'heddle.serial.ledger.deposit.0': 20,
    'heddle.serial.ledger.deposit.1': 300,
  };
  gateway.countMessages = async (queue) => waiting[queue] ?? 0;
  await tasksAreKnown();
  const { queues } = queueListSchema.parse(await (await fetch(`${gateway.url}/v1/queues`)).json());
  expect(queues.map(({ task, ready }) => [task, ready])).toEqual([
    ['debug.echo', 0],
    ['ledger.deposit', 321],
  ]);
});

it('does not keep an error', async () => {
  await tasksAreKnown();
  expect(await problemOf(await fetch(`${gateway.url}/v1/queues`))).toMatchObject({ status: 503 });
  gateway.answers.counts = () => [];
  gateway.answers['control-snapshot'] = () => ({ cancelled: [], paused: [] });
  expect((await fetch(`${gateway.url}/v1/queues`)).status).toBe(200);
});

it('pauses a task and resumes it', async () => {
  gateway.answers.pause = ({ task }) => ({ task, paused: true });
  gateway.answers.resume = ({ task }) => ({ task, paused: false });
  const post = (path: string) => fetch(`${gateway.url}/v1/queues/${path}`, { method: 'POST' });
  expect(await (await post('math.sum/pause')).json()).toEqual({ task: 'math.sum', paused: true });
  expect(await (await post('math.sum/resume')).json()).toEqual({ task: 'math.sum', paused: false });
  expect(await problemOf(await post('no.such/pause'))).toMatchObject({ code: 'unknown_task' });
  expect(await problemOf(await post('nothing/pause'))).toMatchObject({ code: 'invalid_request' });
});
