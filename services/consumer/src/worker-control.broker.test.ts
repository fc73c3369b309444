import { type ControlNews, encodeControl, jobQueue, type RecorderRequest } from '@heddle/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { openGate } from '../../../test/support/tasks/gates.ts';
import { until } from '../test/open-test-pool.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

const TASKS = builtFile(new URL('../test/tasks/pool-tasks.ts', import.meta.url));
const SLOW_TASKS = builtFile(new URL('../test/tasks/slow-tasks.ts', import.meta.url));

let worker: RunningWorker;
afterEach(() => worker.close());

const tell = (news: ControlNews) => worker.publish('heddle.control', '', encodeControl(news));
const typesOf = (id: string) => worker.eventsOf(id).map(({ type }) => type);
const started = (id: string) => until(() => typesOf(id).includes('started'));

/** A recorder that knows of these cancels and pauses. */
const knowing =
  (snapshot: { cancelled?: string[]; paused?: string[] }) =>
  ({ op }: RecorderRequest) =>
    op === 'control-snapshot' ? { cancelled: [], paused: [], ...snapshot } : { tasks: 1 };

describe('a cancelled job', () => {
  it('is ended unrun when the recorder has said so before', async () => {
    worker = await runWorker({}, knowing({ cancelled: ['cancelled-1', 'batch-1'] }));
    await worker.submitter.submit({ id: 'cancelled-1', task: 'debug.echo', input: 1 });
    expect(await worker.ended('cancelled-1')).toMatchObject({ type: 'cancelled', worker: 'worker-1' });
    const batch = { id: 'batch-1', index: 0 };
    const { id } = await worker.submitter.submit({ task: 'debug.echo', input: 1, batch });
    expect(await worker.ended(id)).toMatchObject({ type: 'cancelled' });
  });

  it.each([
    ['event-loop', 'wait'],
    ['thread', 'wait'],
    ['process', 'wait'],
    ['thread', 'hang'],
    ['process', 'hang'],
  ])('that runs is stopped (%s, %s)', async (pool, name) => {
    worker = await runWorker({ HEDDLE_TASKS: TASKS });
    const { id } = await worker.submitter.submit({
      task: `${pool}.${name}`,
      input: {},
      bytes: { body: Buffer.from('b'), type: 'text/plain' },
    });
    await started(id);
    await tell({ type: 'cancel', job: id });
    expect(await worker.ended(id)).toMatchObject({ type: 'cancelled', error: { code: 'cancelled' } });
  });

  it('is stopped after a lost connection, though the news was lost with it', async () => {
    const cancelled: string[] = [];
    worker = await runWorker({}, knowing({ cancelled }));
    const { id } = await worker.submitter.submit({ task: 'debug.sleep', input: { ms: 60_000 } });
    await started(id);
    cancelled.push(id);
    await worker.vhost.closeConnections();
    expect(await worker.ended(id)).toMatchObject({ type: 'cancelled' });
  });
});

describe('a job with a time to live', () => {
  it('is ended unrun when it is taken too late', async () => {
    worker = await runWorker();
    const { id } = await worker.submitter.submit({ task: 'debug.echo', input: 1, deadline: Date.now() - 1 });
    expect(await worker.ended(id)).toMatchObject({ type: 'expired', error: { code: 'expired' } });
  });
});

describe('a paused task', () => {
  it('finishes what runs, leaves the rest in the queue, and goes on when it is resumed', async () => {
    const task = 'slow.gated';
    worker = await runWorker({ HEDDLE_TASKS: SLOW_TASKS });
    const running = await worker.submitter.submit({ task, input: { gate: 'while paused', ms: 0 } });
    await started(running.id);
    await tell({ type: 'paused', tasks: [task] });
    // Not by the queue's consumers: RabbitMQ 4 counts one that has stopped while it holds a delivery.
    await until(() => worker.said.includes('paused'));
    openGate('while paused');
    expect(await worker.ended(running.id)).toMatchObject({ type: 'succeeded' });
    const waiting = await worker.submitter.submit({ task, input: { gate: 'while paused', ms: 0 } });
    await expect.poll(() => worker.broker.countMessages(jobQueue(task))).toBe(1);
    expect(worker.eventsOf(waiting.id).map(({ type }) => type)).toEqual(['accepted']);
    await tell({ type: 'paused', tasks: [] });
    expect(await worker.ended(waiting.id)).toMatchObject({ type: 'succeeded' });
  });

  it('is not begun by a worker that starts', async () => {
    worker = await runWorker({ HEDDLE_TASKS: 'debug.echo' }, knowing({ paused: ['debug.echo'] }));
    const { id } = await worker.submitter.submit({ task: 'debug.echo', input: 1 });
    expect(await worker.broker.countMessages(jobQueue('debug.echo'))).toBe(1);
    await tell({ type: 'paused', tasks: [] });
    await worker.ended(id);
  });
});

describe('a worker whose recorder is away', () => {
  it('begins after a while, and learns of cancels as soon as it is back', async () => {
    let isThere = false;
    const cancelled: string[] = [];
    worker = await runWorker({}, (request) => (isThere ? knowing({ cancelled })(request) : undefined));
    const { id } = await worker.submitter.submit({ task: 'debug.sleep', input: { ms: 60_000 } });
    await started(id);
    cancelled.push(id);
    isThere = true;
    expect(await worker.ended(id)).toMatchObject({ type: 'cancelled' });
  });
});

describe('a job that comes again', () => {
  const bytes = { body: Buffer.from('b'), type: 'text/plain' };

  it('runs as a suspect, in a child process, its attempt unchanged', async () => {
    const task = 'event-loop.pid';
    worker = await runWorker({ HEDDLE_TASKS: TASKS }, knowing({ paused: [task] }));
    const { id } = await worker.submitter.submit({ task, input: {}, bytes });
    let isHeld = false;
    const crashing = await worker.broker.consume(jobQueue(task), { prefetch: 1 }, () => {
      isHeld = true;
    });
    await until(() => isHeld);
    await crashing.close();
    await tell({ type: 'paused', tasks: [] });
    const end = await worker.ended(id);
    expect(end).toMatchObject({ type: 'succeeded', attempt: 1 });
    expect(end).not.toMatchObject({ result: process.pid });
  });

  it('runs where it belongs when only the connection was lost', async () => {
    worker = await runWorker({ HEDDLE_TASKS: SLOW_TASKS });
    const input = { gate: 'both runs', ms: 0 };
    const { id } = await worker.submitter.submit({ task: 'slow.gated', input });
    await started(id);
    await worker.vhost.closeConnections();
    // It comes again while it runs.
    await expect
      .poll(() => worker.broker.inspectQueue(jobQueue('slow.gated')).catch(() => undefined))
      .toMatchObject({ consumers: 1 });
    openGate('both runs');
    // What ran meanwhile tells its end, too.
    const ends = () => worker.eventsOf(id).filter(({ type }) => type === 'succeeded');
    await until(() => ends().length === 2);
    for (const end of ends()) expect(end).toMatchObject({ result: process.pid, attempt: 1 });
  });
});
