import { type BrokerLog, EventPublisher, type Publisher } from '@heddle/broker';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  decodeEvents,
  type ExchangeName,
  type JobEvent,
  type RecorderRequest,
  type WireMessage,
} from '@heddle/contracts';
import { Followers } from '../src/jobs/tell-followers.ts';
import type { WorkerPorts } from '../src/jobs/worker-ports.ts';

export interface Published {
  readonly exchange: ExchangeName;
  readonly routingKey: string;
  readonly message: WireMessage;
}

/** A worker whose publisher keeps what it is given and confirms at once, unless told to wait or to fail. */
export interface RecordingWorker extends WorkerPorts {
  readonly published: Published[];
  /** Jobs that were told to rest, and for how long; they are in `published` too, as if sent to `heddle.submit`. */
  readonly resting: { readonly message: WireMessage<'job'>; readonly restMs: number }[];
  readonly logged: { readonly level: string; readonly message: string }[];
  /** What a publish waits for before its confirm; throwing makes it fail. */
  beforeConfirm: (published: Published) => Promise<void> | void;
  /** What the recorder answers. */
  answer: (request: RecorderRequest) => Promise<unknown>;
  publishedTo(exchange: ExchangeName): WireMessage[];
  /** Every event published so far, in order. */
  eventsSent(): JobEvent[];
}

export function recordingWorker(options: { maxMessageBytes?: number } = {}): RecordingWorker {
  const published: Published[] = [];
  const resting: RecordingWorker['resting'] = [];
  const logged: RecordingWorker['logged'] = [];
  const publisher: Publisher = {
    maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    publish: async (exchange, routingKey, message) => {
      const entry = { exchange, routingKey, message };
      published.push(entry);
      await worker.beforeConfirm(entry);
    },
  };
  const log = (level: string) => (_fields: object, message: string) => void logged.push({ level, message });
  const logger: BrokerLog = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
  const worker: RecordingWorker = {
    name: 'worker-1',
    log: logger,
    publisher,
    recorder: { ask: (request) => worker.answer(request) as never },
    publishLater: async (message, task, restMs) => {
      resting.push({ message, restMs });
      await publisher.publish('heddle.submit', task, message);
    },
    events: new EventPublisher(publisher),
    followers: new Followers(publisher, logger),
    published,
    resting,
    logged,
    beforeConfirm: () => undefined,
    answer: ({ op }) => Promise.reject(new Error(`unexpected request: ${op}`)),
    publishedTo: (exchange) =>
      published.filter((entry) => entry.exchange === exchange).map((entry) => entry.message),
    eventsSent: () =>
      published
        .filter((entry) => entry.message.kind === 'events')
        .flatMap(({ message, exchange, routingKey }) => {
          const decoded = decodeEvents({ ...message, exchange, routingKey, redelivered: false });
          if (!decoded.ok) throw new Error(decoded.reason);
          return decoded.value;
        }),
  };
  return worker;
}
