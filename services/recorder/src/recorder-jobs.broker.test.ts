import { randomUUID } from 'node:crypto';
import { type Broker, EventPublisher } from '@heddle/broker';
import { newJobId, RecorderClient } from '@heddle/client';
import {
  type ControlNews,
  decodeControl,
  decodeEvents,
  decodeJob,
  decodeProducerMessage,
  type ExpansionPlan,
  type Job,
  type JobEvent,
  type ProducerMessage,
} from '@heddle/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { accepted, failed, succeeded } from '../test/job-events.ts';
import { createTestDatabase, type TestDatabase } from '../test/open-test-store.ts';
import { connect, startTestRecorder, type TestRecorder } from '../test/start-test-recorder.ts';

const soon = { timeout: 30_000, interval: 20 };

describe('the recorder, of jobs that people depend on,', () => {
  let vhost: TestVhost;
  let database: TestDatabase;
  let recorder: TestRecorder;
  let broker: Broker;
  let events: EventPublisher;
  let client: RecorderClient;
  const news: ControlNews[] = [];
  const heard: JobEvent[] = [];
  const production: ProducerMessage[] = [];

  beforeAll(async () => {
    vhost = await createVhost();
    database = await createTestDatabase('SQLite');
    recorder = await startTestRecorder(vhost, database);
    broker = await connect(vhost, 'client');
    events = new EventPublisher(broker.publisher);
    client = new RecorderClient(broker);
    await broker.consume('heddle.control.test', { prefetch: 100 }, (delivery) => {
      const decoded = decodeControl(delivery.message);
      if (decoded.ok) news.push(decoded.value);
      delivery.ack();
    });
    await broker.consume('heddle.events.notifier', { prefetch: 100 }, (delivery) => {
      const decoded = decodeEvents(delivery.message);
      if (decoded.ok) heard.push(...decoded.value);
      delivery.ack();
    });
    await broker.consume('heddle.producer', { prefetch: 100 }, (delivery) => {
      const decoded = decodeProducerMessage(delivery.message);
      if (decoded.ok) production.push(decoded.value);
      delivery.ack();
    });
  });
  afterAll(async () => {
    await broker.close();
    await recorder.stop();
    await database.remove();
    await vhost.drop();
  });

  const publish = (...some: JobEvent[]) => events.addAll(some);
  const ask = (id: string) => client.ask({ op: 'job', id });
  const heardOf = (id: string) => heard.filter((event) => event.job === id).map((event) => event.type);

  /** Jobs of a task as its worker would get them. */
  async function takeJobs(task: string): Promise<Job[]> {
    const jobs: Job[] = [];
    await broker.declareJobQueue(task);
    await broker.consume(`heddle.jobs.${task}`, { prefetch: 10 }, (delivery) => {
      const decoded = decodeJob(delivery.message);
      if (decoded.ok) jobs.push(decoded.value);
      delivery.ack();
    });
    return jobs;
  }

  test('lets one of many submits with one unique key through', async () => {
    const task = 'debug.unique';
    const jobs = await takeJobs(task);
    const submit = () => client.ask(submitRequest(task, 'only-one'));
    const asked = await Promise.allSettled(Array.from({ length: 30 }, submit));
    const done = asked.filter((one) => one.status === 'fulfilled').map((one) => one.value.id);
    expect(done).toHaveLength(1);
    for (const one of asked) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'key_in_use' });
    }
    await vi.waitFor(() => expect(jobs.map((job) => job.id)).toEqual(done), soon);
  });

  test('delays a keyed job by way of the ladder', async () => {
    const task = 'debug.delayed';
    const jobs = await takeJobs(task);
    const began = Date.now();
    const request = submitRequest(task, randomUUID());
    const { id } = await client.ask({ ...request, job: { ...request.job, delayMs: 1_000 } });
    expect(await ask(id)).toMatchObject({ state: 'delayed', dueAt: request.job.acceptedAt + 1_000 });
    await vi.waitFor(() => expect(jobs.map((job) => job.id)).toEqual([id]), soon);
    expect(Date.now() - began).toBeGreaterThan(800);
  });

  test('cancels what waits, and tells workers and listeners', async () => {
    const id = newJobId();
    await publish(accepted(id));
    expect(await client.ask({ op: 'cancel', id })).toEqual({ id, state: 'cancelled' });
    await vi.waitFor(() => expect(news).toContainEqual({ type: 'cancel', job: id }), soon);
    await vi.waitFor(() => expect(heardOf(id)).toEqual(['accepted', 'cancelled']), soon);
    expect((await client.ask({ op: 'control-snapshot' })).cancelled).toContain(id);
    await publish(cancelledByWorker(id));
    await vi.waitFor(
      async () => expect((await client.ask({ op: 'control-snapshot' })).cancelled).not.toContain(id),
      soon,
    );
    const nobody = client.ask({ op: 'cancel', id: newJobId() });
    await expect(nobody).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('expires what no worker takes', async () => {
    const id = newJobId();
    await publish(accepted(id, { at: Date.now(), deadline: Date.now() + 100 }));
    await vi.waitFor(async () => expect(await ask(id)).toMatchObject({ state: 'expired' }), soon);
    await vi.waitFor(() => expect(heardOf(id)).toEqual(['accepted', 'expired']), soon);
  });

  test('pauses and resumes tasks', async () => {
    expect(await client.ask({ op: 'pause', task: 'debug.p' })).toEqual({ task: 'debug.p', paused: true });
    expect((await client.ask({ op: 'control-snapshot' })).paused).toEqual(['debug.p']);
    await vi.waitFor(() => expect(news).toContainEqual({ type: 'paused', tasks: ['debug.p'] }), soon);
    await client.ask({ op: 'resume', task: 'debug.p' });
    await vi.waitFor(() => expect(news).toContainEqual({ type: 'paused', tasks: [] }), soon);
  });

  test('sends a dead job again', async () => {
    const task = 'debug.again';
    const jobs = await takeJobs(task);
    const id = newJobId();
    await publish(accepted(id, { task, input: { n: 1 } }), failed(id, 'crashed', { type: 'dead', task }));
    await vi.waitFor(async () => expect(await ask(id)).toMatchObject({ state: 'dead' }), soon);
    const { groups } = await client.ask({ op: 'dead-groups' });
    expect(groups).toEqual([{ task, error: 'crashed', day: '1970-01-01', count: 1, newest: id }]);
    const replay = await client.ask({ op: 'replay', select: { task }, limit: 10 });
    expect(replay).toEqual({ replayed: 1, skipped: [], left: 0 });
    await vi.waitFor(() => expect(jobs).toMatchObject([{ id, generation: 1, attempt: 1 }]), soon);
    await vi.waitFor(() => expect(heardOf(id)).toEqual(['accepted', 'dead', 'replayed']), soon);
    expect(await client.ask({ op: 'drop-dead', select: {}, limit: 10 })).toEqual({ dropped: 0, left: 0 });
  });

  test('hands a batch to the producers, and its reduce job when the last of its jobs has ended', async () => {
    const { id, jobs } = await createBatch({ reduce: { task: 'debug.sum' } });
    await publish(...jobs.map((job) => succeeded(job, { result: job })));
    const completions = () =>
      production.filter((message) => message.type === 'batch-complete' && message.plan.id === id);
    await vi.waitFor(() => expect(completions()).toHaveLength(1), soon);
    await publish(...jobs.map((job) => succeeded(job, { result: job })));
    const { results } = await client.ask({ op: 'batch-results', id, first: 1, limit: 10 });
    expect(results.map((result) => result.result)).toEqual(jobs.slice(1));
    const { reduceJob } = await client.ask({ op: 'batch', id });
    const reduce = reduceJob ?? '';
    await publish(accepted(reduce, { batch: { id } }), succeeded(reduce, { result: 'all' }));
    await vi.waitFor(
      async () =>
        expect(await client.ask({ op: 'batch', id })).toMatchObject({ state: 'succeeded', result: 'all' }),
      soon,
    );
    expect(completions()).toHaveLength(1);
  });

  test('cancels what is left of a batch', async () => {
    const { id, jobs } = await createBatch({ onFailure: 'stop' });
    await publish(failed(jobs[0] ?? '', 'task_failed'));
    await vi.waitFor(async () => {
      const batch = await client.ask({ op: 'batch', id });
      expect(batch).toMatchObject({ state: 'failed', counts: { failed: 1, cancelled: jobs.length - 1 } });
    }, soon);
    await vi.waitFor(() => expect(news).toContainEqual({ type: 'cancel', job: id }), soon);
    const cancel = client.ask({ op: 'cancel-batch', id });
    await expect(cancel).rejects.toMatchObject({ code: 'not_cancellable' });
  });

  test('keeps schedules', async () => {
    const schedule = {
      id: 'every-minute',
      task: 'debug.echo',
      input: null,
      cron: null,
      timeZone: 'UTC',
      everyMs: 60_000,
      missed: 'skip',
      paused: false,
      options: {},
      lastTickAt: null,
      lastJob: null,
      createdAt: 1,
    } as const;
    expect(await client.ask({ op: 'put-schedule', schedule })).toEqual(schedule);
    await vi.waitFor(() => expect(news).toContainEqual({ type: 'schedules-changed' }), soon);
    await client.ask({ op: 'schedule-ticked', id: schedule.id, at: 60_000, job: 'job-1' });
    const ticked = { ...schedule, lastTickAt: 60_000, lastJob: 'job-1' };
    expect(await client.ask({ op: 'schedules' })).toEqual({ schedules: [ticked] });
    await client.ask({ op: 'delete-schedule', id: schedule.id });
    expect(await client.ask({ op: 'schedules' })).toEqual({ schedules: [] });
  });

  /** A batch that the producers have expanded. */
  async function createBatch(more: Partial<ExpansionPlan>): Promise<{ id: string; jobs: string[] }> {
    const [id, task, total] = [newJobId(), 'debug.echo', 5];
    const plan: ExpansionPlan = {
      id,
      task,
      onFailure: 'collect',
      options: {},
      acceptedAt: Date.now(),
      ...more,
    };
    await client.ask({ op: 'create-batch', plan: { ...plan, total }, source: { inputs: [0, 1, 2, 3, 4] } });
    const expansion = { type: 'expand-list', first: 0, inputs: [0, 1, 2, 3, 4], plan };
    await vi.waitFor(() => expect(production).toContainEqual(expansion), soon);
    const jobs = Array.from({ length: total }, () => newJobId());
    await publish(...jobs.map((job, index) => accepted(job, { batch: { id, index } })));
    return { id, jobs };
  }
});

function cancelledByWorker(job: string): JobEvent {
  const moment = { generation: 0, attempt: 1, run: 'run-1', seq: 0, at: 2_000 };
  return { type: 'cancelled', job, task: 'debug.echo', worker: 'worker-1', ...moment };
}

function submitRequest(task: string, key: string) {
  const id = newJobId();
  const job = { id, task, input: 1, priority: 4, tags: [], acceptedAt: Date.now() };
  return { op: 'submit', key, fingerprint: 'f'.repeat(64), job } as const;
}
