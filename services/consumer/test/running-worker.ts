import { randomUUID } from 'node:crypto';
import { type Broker, connectBroker, silentLog } from '@heddle/broker';
import { JobSubmitter } from '@heddle/client';
import {
  decodeEvents,
  decodeOutputs,
  decodeRequest,
  type ExchangeName,
  encodeReply,
  type JobEvent,
  type KindOn,
  type OutputMessage,
  type ReceivedMessage,
  type RecorderRequest,
  type WireMessage,
} from '@heddle/contracts';
import { createMetrics, type RunningService } from '@heddle/service';
import { type BrokerNode, createVhost, type TestVhost } from '../../../test/support/broker.ts';
import { settings } from '../src/settings.ts';
import { startWorker } from '../src/start-worker.ts';
import { until } from './open-test-pool.ts';

/** A worker on a virtual host of its own, with the test in the places of client, recorder and operator. */
export interface RunningWorker {
  readonly vhost: TestVhost;
  /** The test's own connection. */
  readonly broker: Broker;
  readonly submitter: JobSubmitter;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** What its log has told so far. */
  readonly said: readonly string[];
  /** What the recorder would have got so far, in order. */
  readonly recorded: (JobEvent | OutputMessage)[];
  /** What lies in `heddle.dead`. */
  readonly dead: ReceivedMessage[];
  /** The worker's announcements of its tasks. */
  readonly announced: readonly Announcement[];
  eventsOf(job: string): JobEvent[];
  /** Resolves with the event that ends the job. */
  ended(job: string): Promise<JobEvent>;
  /** Publishes as a client in another language would. */
  publish<E extends ExchangeName>(exchange: E, key: string, message: WireMessage<KindOn<E>>): Promise<void>;
  /** Starts another worker beside it; it is drained with the first, if not before. */
  another(env?: Record<string, string>): Promise<{ drain(): Promise<void> }>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

type Announcement = Extract<RecorderRequest, { op: 'announce' }>;

const TERMINAL = new Set(['succeeded', 'failed', 'dead', 'cancelled', 'expired']);

export async function runWorker(
  env: Record<string, string> = {},
  answer: Answer = plainAnswer,
  node: Pick<BrokerNode, 'createVhost'> = { createVhost },
): Promise<RunningWorker> {
  const vhost = await node.createVhost();
  const connect = (service: string) =>
    connectBroker({ url: vhost.url, service, instance: `${service}-${randomUUID()}`, log: silentLog });
  const [broker, workersBroker] = await Promise.all([connect('test'), connect('consumer')]);
  const announced = await answerAsRecorder(broker, answer);
  const metrics = createMetrics('consumer');
  const draining = new AbortController();
  const said: string[] = [];
  const log = { ...silentLog, info: (_fields: object, message: string) => void said.push(message) };
  const start = (instance: string, own: Record<string, string>, ownBroker: Broker) =>
    startWorker({
      settings: settings.parse({ AMQP_URL: vhost.url, ...own }),
      log: log as never,
      metrics: instance === 'worker-1' ? metrics : createMetrics('consumer'),
      instance,
      broker: ownBroker,
      signal: draining.signal,
    });
  const worker = await start('worker-1', env, workersBroker);
  const others: (() => Promise<void>)[] = [];
  const recorded: RunningWorker['recorded'] = [];
  const dead: ReceivedMessage[] = [];
  await broker.consume('heddle.events.recorder', { prefetch: 200 }, (delivery) => {
    recorded.push(...read(delivery.message));
    delivery.ack();
  });
  await broker.consume('heddle.dead', { prefetch: 200 }, (delivery) => {
    dead.push(delivery.message);
    delivery.ack();
  });
  const eventsOf = (job: string) =>
    recorded.filter((entry): entry is JobEvent => 'seq' in entry && entry.job === job);
  const drainOnce = once(worker);
  return {
    vhost,
    broker,
    submitter: new JobSubmitter(broker),
    metrics,
    said,
    recorded,
    dead,
    announced,
    eventsOf,
    ended: async (job) => {
      let last: JobEvent | undefined;
      await until(() => {
        last = eventsOf(job).find((event) => TERMINAL.has(event.type));
        return last !== undefined;
      });
      return last as unknown as JobEvent;
    },
    publish: (exchange, key, message) => broker.publisher.publish(exchange, key, message),
    another: async (own = {}) => {
      const instance = `worker-${others.length + 2}`;
      const ownBroker = await connect('consumer');
      const drain = once(await start(instance, { ...env, ...own }, ownBroker));
      const end = async () => {
        await drain();
        await ownBroker.close();
      };
      others.push(end);
      return { drain: end };
    },
    drain: drainOnce,
    close: async () => {
      await Promise.all([drainOnce(), ...others.map((end) => end())]);
      await Promise.all([broker.close(), workersBroker.close()]);
      await vhost.drop();
    },
  };
}

function once(worker: RunningService): () => Promise<void> {
  let drained: Promise<void> | undefined;
  return () => (drained ??= worker.drain());
}

function read(message: ReceivedMessage): (JobEvent | OutputMessage)[] {
  if (message.properties.type === 'output') {
    const outputs = decodeOutputs(message);
    if (!outputs.ok) throw new Error(outputs.reason);
    return outputs.value;
  }
  const events = decodeEvents(message);
  if (!events.ok) throw new Error(events.reason);
  return events.value;
}

/** What the recorder is to answer; undefined: nothing. */
export type Answer = (request: RecorderRequest) => unknown;

const plainAnswer: Answer = ({ op }) =>
  op === 'control-snapshot' ? { cancelled: [], paused: [] } : { tasks: 1 };

async function answerAsRecorder(broker: Broker, answer: Answer): Promise<Announcement[]> {
  const announced: Announcement[] = [];
  await broker.consume('heddle.queries', { prefetch: 10 }, (delivery) => {
    delivery.ack();
    const decoded = decodeRequest(delivery.message);
    if (!decoded.ok) throw new Error(decoded.reason);
    const { request, replyTo = '', correlationId = '' } = decoded.value;
    if (request.op === 'announce') announced.push(request);
    const value = answer(request);
    if (value === undefined) return;
    const reply = encodeReply(request.op, { ok: true, value: value as never }, correlationId);
    void broker.publisher.publish('heddle.replies', replyTo, reply);
  });
  return announced;
}
