import type {
  ExchangeName,
  KindOn,
  QueueName,
  ReceivedMessage,
  TokenLimit,
  WireMessage,
} from '@heddle/contracts';
import type { TlsFiles } from './tls-files.ts';

/** Where the library's own remarks go; a pino logger fits. */
export interface BrokerLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What became of a publish. `failed`: it never got as far as an answer from the broker. */
export type PublishOutcome = 'confirmed' | 'returned' | 'nacked' | 'timed_out' | 'failed';
/** What became of a delivery. `lost`: its channel went before it was settled; the broker gives it to somebody else. */
export type ConsumeOutcome = 'acked' | 'rejected' | 'requeued' | 'lost';

/** Metrics. Counts are summed up within one turn of the event loop. */
export interface BrokerObserver {
  published?(exchange: string, outcome: PublishOutcome, count: number): void;
  consumed?(queue: string, outcome: ConsumeOutcome, count: number): void;
  /** A consumer is wanted for the queue: `consumed` may follow. */
  consuming?(queue: string): void;
  /** Whether both connections are up. */
  connected?(connected: boolean): void;
  /** A connection that was up has broken. */
  connectionLost?(connection: 'publish' | 'consume'): void;
  /** How long a confirm took: of one message after the other, so that the many others cost nothing. */
  confirmed?(seconds: number): void;
}

export interface BrokerOptions {
  /** `amqp://` or `amqps://`, with user, password and vhost. */
  readonly url: string;
  /** PEM files for `amqps://`. */
  readonly tls?: TlsFiles | undefined;
  /** Shown in the broker's console. */
  readonly service: string;
  /** Unique to the process; names its queues `heddle.replies.<instance>` and `heddle.control.<instance>`. */
  readonly instance: string;
  readonly log: BrokerLog;
  readonly observer?: BrokerObserver | undefined;
  /** Largest body, in bytes; larger ones are refused before they are sent. Default `DEFAULT_MAX_MESSAGE_BYTES`. */
  readonly maxMessageBytes?: number | undefined;
  /** A connection that was silent for twice as long is given up. Default 10. */
  readonly heartbeatSeconds?: number | undefined;
  /** Milliseconds a publish may take when it does not say. Default 30,000. */
  readonly confirmTimeoutMs?: number | undefined;
  /** Publishes in flight at once; ten times as many may wait, the rest is refused as `overloaded`. Default 2,000. */
  readonly confirmWindow?: number | undefined;
  /** Ends the wait of `connectBroker`. */
  readonly signal?: AbortSignal | undefined;
}

export interface JobQueueOptions {
  /** For a task with serial keys: how many partitions its jobs are spread over. Its queue then delivers to one consumer at a time. */
  readonly partitions?: number | undefined;
  /** For a fair task: into how many lanes its jobs are sorted. */
  readonly lanes?: number | undefined;
}

/** Of the publishing connection. `blocked`: the broker has raised an alarm and takes no messages. */
export type BrokerState = 'connected' | 'blocked' | 'disconnected';

/** The door to RabbitMQ: one per process. */
export interface Broker {
  /** The broker's version, such as `3.10.8`; empty before the first connection. */
  readonly version: string;
  readonly state: BrokerState;
  readonly publisher: Publisher;
  /** Resolves when both connections are up. Closes the broker and rejects with `shutting_down` if the signal aborts before. */
  connected(signal?: AbortSignal): Promise<void>;
  /**
   * Subscribes, and stays subscribed through cancels, channel errors and reconnects until `stop` or `close`.
   * Resolves after the first attempt; if that failed, attempts go on and `health` tells. `onDelivery` must not throw:
   * if it does, it is logged and the delivery stays held until the consumer closes.
   */
  consume<Q extends QueueName>(
    queue: Q,
    options: ConsumeOptions,
    onDelivery: (delivery: Delivery) => void,
  ): Promise<Consumer>;
  /** Declares a task's job queue, with its lanes or partitions, and their bindings, now and again after every reconnect; for consumers of this process before they consume from any of them. Rejects with `broker_unavailable` after 30 s without a connection. */
  declareJobQueue(task: string, options?: JobQueueOptions): Promise<void>;
  /** Declares the queues of a limit's tokens, as `declareJobQueue` does. */
  declareTokens(limit: TokenLimit): Promise<void>;
  /**
   * Publishes once, in order, over the consuming connection, and never again: for messages of which there must not be
   * two. Resolves when all are confirmed; after any error some may have arrived.
   */
  publishOnce<E extends ExchangeName>(
    exchange: E,
    routingKey: string,
    messages: readonly WireMessage<KindOn<E>>[],
  ): Promise<void>;
  /**
   * Publishes a job so that it reaches its task's queue `delayMs` from now, over the rung of the delay ladder that is
   * nearest (off by at most 5 % or 100 ms); at once when that is too short for a rung. Resolves on the broker's confirm.
   * Rejects as `publish` does, and with `publish_returned` when there is no queue for the task's jobs.
   */
  publishLater(
    job: WireMessage<'job'>,
    task: string,
    delayMs: number,
    options?: PublishOptions,
  ): Promise<void>;
  /** This process's queue of replies, made on first use. Rejects with `broker_unavailable` when it has been gone for two seconds. */
  replies(): Promise<ReplyQueue>;
  /** Ready messages; 0 if there is no such queue. Rejects with `broker_unavailable` after 1 s without a connection. */
  countMessages(queue: QueueName): Promise<number>;
  /** Declares the stream of events, which only the recorder does. `created`: it was not there, so that offsets begin anew. */
  declareEventLog(): Promise<{ created: boolean }>;
  /**
   * Declares all that these tasks need: exchanges, queues, every rung of the delay ladder, queues for the processes. Afterwards the
   * services may run without the right to declare anything. Rejects when the broker refuses any of it.
   */
  declareBeforehand(tasks: readonly string[]): Promise<void>;
  /** Calls back each time the consuming connection is back and its topology declared. Returns what ends that. */
  onReconnect(listener: () => void): () => void;
  health(): BrokerHealth;
  load(): BrokerLoad;
  /** What the broker says of a queue; undefined if there is none. Rejects with `broker_unavailable` after 1 s without a connection. */
  inspectQueue(queue: QueueName): Promise<QueueInspection | undefined>;
  /** Closes the consumers (what was decided is settled), waits up to 5 s for confirms in flight, closes both connections. */
  close(): Promise<void>;
}

export interface BrokerHealth {
  /** No reasons. */
  readonly ok: boolean;
  readonly state: BrokerState;
  readonly consumers: readonly ConsumerHealth[];
  /** Why this process should get no work now, one sentence each. */
  readonly reasons: readonly string[];
}

/** What this process has handed over to be published. */
export interface BrokerLoad {
  /** Sent and not yet confirmed. */
  readonly inFlight: number;
  /** In line, because the window is full or there is no connection. */
  readonly waiting: number;
}

export interface QueueInspection {
  /** Messages that wait for a consumer. */
  readonly ready: number;
  readonly consumers: number;
}

export interface ConsumerHealth {
  readonly queue: string;
  /** `resubscribing` becomes `silent` after five seconds. */
  readonly state: 'consuming' | 'resubscribing' | 'silent';
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Deliveries held unsettled. */
  readonly held: number;
}

export interface Publisher {
  /** Largest body that may be published, in bytes. */
  readonly maxMessageBytes: number;
  /**
   * Resolves on the broker's confirm. Rejects with a `HeddleError`:
   * - `publish_returned`: `mandatory`, and no queue is bound for it;
   * - `publish_nacked`: the broker refused it;
   * - `message_too_large`: its body or its headers;
   * - `overloaded`: too many wait already, or it waited in line until its deadline;
   * - `confirm_timeout`, `broker_unavailable`, `broker_blocked`: its deadline passed while waiting for that;
   * - `shutting_down`: the broker was closed.
   *
   * A message that was in flight when its connection was lost is published again, under the same `message_id`, until
   * its deadline: it may arrive twice. After any error but `message_too_large` and `publish_returned` it may have arrived.
   */
  publish<E extends ExchangeName>(
    exchange: E,
    routingKey: string,
    message: WireMessage<KindOn<E>>,
    options?: PublishOptions,
  ): Promise<void>;
}

export interface PublishOptions {
  /** Reject when no queue takes the message; without it the broker drops it and confirms. Gives the message an id if it has none. Default false. */
  readonly mandatory?: boolean | undefined;
  /** Milliseconds for all of it: waiting in line, sending, confirming, sending again; precise to 100 ms. Default `confirmTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Reject with `broker_unavailable` or `broker_blocked` as soon as that is so, instead of at the deadline. Default false. */
  readonly failFast?: boolean | undefined;
}

export interface ConsumeOptions {
  /** Deliveries that may be held unsettled; 0: none is wanted now. */
  readonly prefetch: number;
  /** For streams: where to begin. After a reconnect it goes on behind the last delivery. Default `next`. */
  readonly streamOffset?: number | 'first' | 'last' | 'next' | undefined;
  /** Nobody else may consume from the queue; quorum queues of RabbitMQ 4.3 do not keep to it. Default false. */
  readonly exclusive?: boolean | undefined;
  /** Consumers with a higher one are served first. Default 0. */
  readonly priority?: number | undefined;
  /**
   * For queues that deliver to one consumer at a time though their row of the topology does not say so: `close` does not
   * cancel the subscription first, which would let the next consumer begin while this one still holds deliveries.
   * Default false.
   */
  readonly inOrder?: boolean | undefined;
  /** Others may delete the queue: then the consumer ends, instead of waiting for it to come back. Default false. */
  readonly endsWithQueue?: boolean | undefined;
}

/** A message held for the broker until it is settled. Settling twice, or after its channel has gone, does nothing. */
export interface Delivery {
  readonly message: ReceivedMessage;
  /** Its position, if it came from a stream. */
  readonly streamOffset: number | undefined;
  /** Done: the broker forgets it. */
  ack(): void;
  /** Refused: to the queue's dead-letter exchange. */
  reject(): void;
  /** Back to the queue, to be delivered again at once. Not a way to retry. */
  requeue(): void;
  /** Its channel went before it was settled: the broker has given it, or will give it, to somebody else. */
  readonly lost: boolean;
}

export interface Consumer {
  readonly queue: string;
  /** No new deliveries; those held can still be settled. */
  stop(): Promise<void>;
  /** Stops, settles what was decided, closes the channel: what is undecided returns to the queue. */
  close(): Promise<void>;
  /** Subscribes anew with another prefetch, or not at all with 0; those held stay held, and do not count towards it. */
  setPrefetch(prefetch: number): Promise<void>;
}

export interface ReplyQueue {
  /** The `reply_to` for questions: a routing key on `heddle.replies`. The same after a reconnect. */
  readonly name: string;
  /**
   * Resolves with the reply to that correlation id. Rejects with `recorder_unavailable` after `timeoutMs` or when the
   * queue is lost with its connection, with `overloaded` when 10,000 wait already, and with the signal's reason.
   */
  wait(correlationId: string, timeoutMs: number, signal?: AbortSignal): Promise<ReceivedMessage>;
  /** Calls back with every message of results (see `joinResults`). Returns what ends that. */
  onResults(listener: (message: ReceivedMessage) => void): () => void;
}
