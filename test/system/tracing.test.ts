import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answering, type Receiver, startReceiver } from '../../services/notifier/test/receiver.ts';
import { type CollectedSpan, type SpanCollector, startSpanCollector } from '../support/span-collector.ts';
import { SystemStack } from '../support/system-stack.ts';

const TASKS = fileURLToPath(new URL('./tasks/traced-tasks.mjs', import.meta.url));

let collector: SpanCollector;
let receiver: Receiver;
let stack: SystemStack;

beforeAll(async () => {
  [collector, receiver] = await Promise.all([startSpanCollector(), startReceiver(answering(200))]);
  stack = await SystemStack.start({
    tasks: `debug.echo,${TASKS}`,
    env: { ...collector.env, HEDDLE_WEBHOOK_ALLOW: '127.0.0.0/8' },
  });
});
afterAll(async () => {
  await stack?.stop();
  await Promise.all([collector?.close(), receiver?.close()]);
});

/** A trace that somebody else has begun. */
function begunTrace() {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

/**
 * The ways of its spans from the root, such as `gateway: POST /v1/jobs > gateway: publish …`, sorted, each once: how many events are
 * recorded depends on how long a run takes. `?` stands for a parent that is not there.
 */
function waysOf({ traceId, spanId }: { traceId: string; spanId: string }): string[] {
  const spans = collector.spans.filter((span) => span.traceId === traceId);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const wayOf = (span: CollectedSpan): string => {
    const step = `${span.service.replace('heddle-', '')}: ${span.name}`;
    if (span.parentSpanId === spanId) return step;
    const parent = byId.get(span.parentSpanId);
    return `${parent ? wayOf(parent) : '?'} > ${step}`;
  };
  return [...new Set(spans.map(wayOf))].toSorted();
}

const untilWays = (trace: ReturnType<typeof begunTrace>, expected: readonly string[]) =>
  vi.waitFor(() => expect(waysOf(trace)).toEqual([...expected].toSorted()), {
    timeout: 60_000,
    interval: 50,
  });

const post = 'gateway: POST /v1/jobs';
const record = 'recorder: process heddle.events.recorder';
const submitted = (task: string) => `${post} > gateway: publish heddle.submit:${task}`;

/** What comes of a job that ends with a webhook. */
function treeOf(task: string, inside: readonly string[]): string[] {
  const publish = submitted(task);
  const process = `${publish} > consumer: process heddle.jobs.${task}`;
  const hook = `${process} > notifier: publish heddle.submit:webhook.deliver`;
  const delivery = `${hook} > notifier: process heddle.jobs.webhook.deliver`;
  return [
    post,
    publish,
    `${publish} > ${record}`,
    process,
    `${process} > ${record}`,
    ...inside.map((step) => `${process} > ${step}`),
    hook,
    `${hook} > ${record}`,
    delivery,
    `${delivery} > notifier: POST`,
  ];
}

describe('one job is one tree of spans', () => {
  const handler = 'consumer: inside the handler';
  it.each([
    ['event-loop', [handler]],
    ['thread', ['consumer: run traced.thread', `consumer: run traced.thread > ${handler}`]],
    ['process', ['consumer: run traced.process', `consumer: run traced.process > ${handler}`]],
  ])(
    'from HTTP through the pool "%s", a second attempt, the recorder and the webhook',
    async (pool, inside) => {
      const trace = begunTrace();
      const task = `traced.${pool}`;
      const { id } = await stack.api.submit(
        { task, input: { failFirst: true }, webhook: { url: receiver.url } },
        { traceparent: trace.traceparent },
      );
      await stack.api.untilJob(id, { state: 'succeeded', result: { attempt: 2 } });
      await untilWays(trace, treeOf(task, inside));

      // Both runs have the same way: that one of them has come says nothing of the other.
      const isRun = ({ traceId, name }: CollectedSpan) =>
        traceId === trace.traceId && name === `process heddle.jobs.${task}`;
      await vi.waitFor(() => expect(collector.spans.filter(isRun)).toHaveLength(2), {
        timeout: 60_000,
        interval: 50,
      });
      const spans = collector.spans.filter(({ traceId }) => traceId === trace.traceId);
      const kinds = Object.fromEntries(spans.map(({ name, kind }) => [name, kind]));
      expect(kinds).toMatchObject({
        'POST /v1/jobs': 2,
        [`publish heddle.submit:${task}`]: 4,
        [`process heddle.jobs.${task}`]: 5,
        'process heddle.events.recorder': 5,
        POST: 3,
      });
      const runs = spans.filter(isRun);
      const ends = runs.map(({ attributes, status }) => `${String(attributes['heddle.outcome'])}: ${status}`);
      expect(new Set(ends)).toEqual(new Set(['retrying: 2', 'succeeded: 0']));
      expect(runs[0]?.attributes).toMatchObject({
        'messaging.system': 'rabbitmq',
        'messaging.operation.type': 'process',
        'messaging.message.id': id,
        'heddle.task': task,
      });
      const posted = receiver.received.find(({ body }) => body.includes(id));
      expect(posted?.headers['traceparent']).toContain(trace.traceId);
    },
  );

  const run = (task: string) => `consumer: process heddle.jobs.${task}`;
  /** Of a job without a webhook, below what has put it on the broker. */
  const plain = (above: string, task: string) => [
    above,
    `${above} > ${record}`,
    `${above} > ${run(task)}`,
    `${above} > ${run(task)} > ${record}`,
  ];
  // The recorder publishes what has a key, with the request above it.
  it.each([
    ['is delayed on the broker', 'debug.echo', { delay: '200ms' }, {}],
    ['is submitted once for its Idempotency-Key', 'debug.echo', {}, { 'idempotency-key': 'traced' }],
    ['has a key', 'debug.echo', { key: 'traced' }, {}],
    ['gets its fair share in a lane', 'traced.fair', {}, {}],
    ['waits for its turn', 'traced.serial', {}, {}],
  ])('of a job that %s', async (_what, task, options, headers) => {
    const trace = begunTrace();
    const { id } = await stack.api.submit(
      { task, input: {}, ...options },
      { traceparent: trace.traceparent, ...headers },
    );
    await stack.api.untilJob(id, { state: 'succeeded' });
    const isKeyed = 'key' in options || 'idempotency-key' in headers;
    await untilWays(trace, isKeyed ? plain(post, task) : [post, ...plain(submitted(task), task)]);
  });

  it('from a message of another AMQP client', async () => {
    const trace = begunTrace();
    const foreign = await connect(stack.amqpUrl);
    const channel = await foreign.createConfirmChannel();
    channel.publish('heddle.jobs', 'debug.echo', Buffer.from('1'), {
      messageId: 'foreign-traced',
      headers: { traceparent: trace.traceparent },
    });
    await channel.waitForConfirms();
    await foreign.close();
    const process = 'consumer: process heddle.jobs.debug.echo';
    // Its `accepted` event goes along with the run's own.
    await untilWays(trace, [process, `${process} > ${record}`, record]);
  });

  it('and so is a batch with its jobs and the reduce job', async () => {
    const trace = begunTrace();
    const batch = { task: 'debug.echo', inputs: [1, 2], reduce: { task: 'debug.echo' } };
    const created = await stack.api.call<{ id: string }>('POST', '/v1/batches', batch, {
      traceparent: trace.traceparent,
    });
    await stack.api.until(`/v1/batches/${created.body.id}`, { state: 'succeeded' });
    const post = 'gateway: POST /v1/batches';
    const publish = `${post} > producer: publish heddle.submit:debug.echo`;
    const process = `${publish} > consumer: process heddle.jobs.debug.echo`;
    const job = [publish, `${publish} > ${record}`, process, `${process} > ${record}`];
    await untilWays(trace, [post, ...job]);
    // All three runs have the same way, and each worker sends its spans in its own time.
    const runs = () =>
      collector.spans.filter(
        ({ traceId, name }) => traceId === trace.traceId && name.startsWith('process heddle.jobs'),
      );
    await vi.waitFor(() => expect(runs()).toHaveLength(3), { timeout: 60_000, interval: 50 });
  });
});
