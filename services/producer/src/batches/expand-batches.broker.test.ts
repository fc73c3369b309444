import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { newJobId, RecorderClient } from '@heddle/client';
import {
  type BatchPlan,
  type BatchState,
  decodeEvents,
  decodeJob,
  encodeProducerMessage,
  type Job,
  type JobEvent,
  type ProducerMessage,
  type WireMessage,
} from '@heddle/contracts';
import { createMetrics } from '@heddle/service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createVhost, type TestVhost } from '../../../../test/support/broker.ts';
import { startService } from '../../../../test/support/service-process.ts';
import { anyPlan } from '../../test/any-plan.ts';
import { answerRequests } from '../../test/scripted-recorder.ts';
import { createProducerMetrics } from '../metrics.ts';
import { expandBatches } from './expand-batches.ts';

const task = 'debug.echo';
const soon = { timeout: 30_000 };

let vhost: TestVhost;
let watching: Broker;
let producing: Broker | undefined;
const { meters } = createMetrics('producer');
let producer: Awaited<ReturnType<typeof expandBatches>> | undefined;
let jobs: Job[];
let events: JobEvent[];
let batchState: BatchState;
/** Questions about a batch that are answered still. */
let answersLeft: number;

beforeEach(async () => {
  vhost = await createVhost();
  jobs = [];
  events = [];
  batchState = 'running';
  answersLeft = Number.POSITIVE_INFINITY;
  watching = await connect('recorder');
  await watching.declareJobQueue(task);
  await watching.consume(`heddle.jobs.${task}`, { prefetch: 300 }, (delivery) => {
    const decoded = decodeJob(delivery.message);
    if (decoded.ok) jobs.push(decoded.value);
    delivery.ack();
  });
  await watching.consume('heddle.events.recorder', { prefetch: 100 }, (delivery) => {
    const decoded = decodeEvents(delivery.message);
    if (decoded.ok) events.push(...decoded.value);
    delivery.ack();
  });
  await answerRequests(watching, (request) => {
    if (request.op === 'schedules') return { schedules: [] };
    if (request.op !== 'batch' || answersLeft-- <= 0) return undefined;
    return recordOf(request.id, batchState);
  });
});
afterEach(async () => {
  await producer?.drain();
  await producing?.close();
  producer = producing = undefined;
  await watching.close();
  await vhost.drop();
});

const connect = (service: string) =>
  connectBroker({ url: vhost.url, service, instance: `${service}-${newJobId()}`, log: silentLog });

async function start(): Promise<void> {
  producing = await connect('producer');
  producer = await expandBatches(
    producing,
    new RecorderClient(producing),
    silentLog,
    createProducerMetrics(meters),
  );
}

async function send(message: ProducerMessage): Promise<void> {
  const encoded = encodeProducerMessage(message, newJobId());
  await watching.publisher.publish('heddle.requests', 'production', encoded, { mandatory: true });
}

function recordOf(id: string, state: BatchState) {
  const counts = { total: 1, succeeded: 0, failed: 0, dead: 0, cancelled: 0, expired: 0 };
  return { id, task, state, counts, reduceJob: null, result: null, acceptedAt: 0, endedAt: null };
}

const range = (plan: BatchPlan, to: number): ProducerMessage => ({
  type: 'expand-range',
  plan,
  first: 0,
  from: 0,
  to,
  chunk: 1,
  input: {},
});
const indexes = () => new Set(jobs.map(({ batch }) => batch?.index));
const accepted = () => new Set(events.flatMap(({ type, job }) => (type === 'accepted' ? job : [])));

describe('the producer', () => {
  test('makes the jobs of a list, each with its accepted event and its place in the batch', async () => {
    await start();
    const plan = anyPlan({ total: 2, options: { priority: 7 } });
    await send({ type: 'expand-list', plan, first: 5, inputs: ['a', 'b'] });
    await vi.waitFor(() => expect(jobs).toHaveLength(2), soon);
    const places = [5, 6].map((index) => ({ batch: { id: plan.id, index }, priority: 7 }));
    expect(jobs).toMatchObject(places);
    await vi.waitFor(() => expect(accepted().size).toBe(2), soon);
  });

  test('makes the jobs of a long range, a message handing on to the next', async () => {
    await start();
    await send(range(anyPlan({ total: 2_500 }), 2_500));
    await vi.waitFor(() => expect(indexes().size).toBe(2_500), soon);
    expect(jobs).toHaveLength(2_500);
    await vi.waitFor(async () => expect(await watching.countMessages('heddle.producer')).toBe(0), soon);
  });

  test('makes no second job of a message that comes twice', async () => {
    await start();
    const plan = anyPlan();
    for (let times = 0; times < 2; times += 1) {
      await send({ type: 'expand-list', plan, first: 0, inputs: [1, 2, 3] });
    }
    await vi.waitFor(() => expect(jobs).toHaveLength(6), soon);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(3);
  });

  test('makes no more jobs of a batch that is cancelled', async () => {
    batchState = 'cancelled';
    await start();
    await send(range(anyPlan(), 100));
    await vi.waitFor(async () => expect(await watching.countMessages('heddle.producer')).toBe(0), soon);
    await producer?.drain();
    expect(jobs).toEqual([]);
  });

  test('starts the reduce job of a complete batch', async () => {
    await start();
    const plan = anyPlan({ reduce: { task, input: { how: 'sum' } } });
    const reduceJob = newJobId();
    await send({ type: 'batch-complete', plan, reduceJob });
    await vi.waitFor(() => expect(jobs).toHaveLength(1), soon);
    expect(jobs[0]).toMatchObject({
      id: reduceJob,
      input: { how: 'sum', batch: plan.id },
      batch: { id: plan.id },
    });
  });

  test('ends the jobs of a task that nobody has announced as failed, so that the batch can end', async () => {
    await start();
    await send({ type: 'expand-list', plan: anyPlan({ task: 'no.such' }), first: 0, inputs: [1, 2] });
    const failed = () => events.filter(({ type }) => type === 'failed');
    await vi.waitFor(() => expect(failed()).toMatchObject([{ error: { code: 'unknown_task' } }, {}]), soon);
    await vi.waitFor(() => expect(accepted().size).toBe(2), soon);
  });

  test('sets a message aside that it cannot read', async () => {
    await start();
    const rubbish: WireMessage<'production'> = {
      kind: 'production',
      body: Buffer.from('{}'),
      properties: {},
    };
    await watching.publisher.publish('heddle.requests', 'production', rubbish);
    await vi.waitFor(async () => expect(await watching.countMessages('heddle.dead')).toBe(1), soon);
  });

  test('leaves no gap and makes no second job when its connections are cut in the middle', async () => {
    await start();
    await send(range(anyPlan({ total: 3_000 }), 3_000));
    await vi.waitFor(() => expect(jobs.length).toBeGreaterThan(300), soon);
    await vhost.closeConnections();
    await vi.waitFor(() => expect(indexes().size).toBe(3_000), soon);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(3_000);
  });

  test('leaves no gap and makes no second job when it is killed in the middle', async () => {
    const victim = await startService('producer', { AMQP_URL: vhost.url });
    // It asks before each thousand, and waits for the answer: so it is not done before it is killed.
    answersLeft = 3;
    await send(range(anyPlan({ total: 5_000 }), 5_000));
    await vi.waitFor(() => expect(jobs.length).toBeGreaterThan(1_500), { ...soon, interval: 5 });
    await victim.kill();
    expect(indexes().size).toBeLessThan(5_000);
    answersLeft = Number.POSITIVE_INFINITY;
    await start();
    await vi.waitFor(() => expect(indexes().size).toBe(5_000), soon);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(5_000);
    // What it had in hand and no more: one message's worth.
    expect(jobs.length - 5_000).toBeLessThanOrEqual(1_000);
    await vi.waitFor(() => expect(accepted().size).toBe(5_000), soon);
  });
});
