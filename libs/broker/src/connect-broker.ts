import {
  DEFAULT_MAX_MESSAGE_BYTES,
  type ExchangeName,
  HeddleError,
  type KindOn,
  type QueueName,
  queues,
  type TokenLimit,
  type WireMessage,
} from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import type {
  Broker,
  BrokerHealth,
  BrokerLoad,
  BrokerOptions,
  BrokerState,
  ConsumeOptions,
  Consumer,
  Delivery,
  JobQueueOptions,
  PublishOptions,
  PublishOutcome,
  QueueInspection,
  ReplyQueue,
} from './broker.ts';
import { TopologyDeclarer } from './declare-topology.ts';
import { describeHealth } from './describe-health.ts';
import { inspectQueue } from './inspect-queue.ts';
import { KeptConsumers } from './keep-consumers.ts';
import { versionOf } from './open-connection.ts';
import { DelayLadder } from './publish-later.ts';
import { ConfirmPublisher } from './publish-message.ts';
import { publishOnce } from './publish-once.ts';
import { ReplyDesk } from './reply-queue.ts';
import { ConnectionSupervisor } from './supervise-connection.ts';
import { Tally } from './tally.ts';
import { waitAtMost } from './wait-at-most.ts';

/** How long `close` waits for confirms, and for consumers to settle. */
const CLOSE_MS = 5_000;
/** How long declaring and counting wait for a connection. */
const DECLARE_MS = 30_000;
const COUNT_MS = 1_000;
const REPLY_PREFETCH = queues['heddle.replies.<instance>'].prefetch;

/**
 * Begins to connect, retrying with growing pauses, and declares the shared topology. Does not wait for it: until the
 * connections are up, `health` says why, publishes fail or wait as they ask to, and consumers subscribe later. Publishing
 * and consuming have a connection each: an alarm on the broker blocks the one, and must not keep acks from it.
 */
export function openBroker(options: BrokerOptions): Broker {
  const broker = new RabbitBroker(options);
  broker.start();
  return broker;
}

/** As `openBroker`, and resolves once it is connected; rejects with `shutting_down` when `signal` aborts before. */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const broker = openBroker(options);
  await broker.connected(options.signal);
  return broker;
}

class RabbitBroker implements Broker {
  readonly publisher: ConfirmPublisher;
  readonly #options: BrokerOptions;
  readonly #topology: TopologyDeclarer;
  readonly #ladder: DelayLadder;
  readonly #publishing: ConnectionSupervisor;
  readonly #consuming: ConnectionSupervisor;
  readonly #consumers: KeptConsumers;
  readonly #reconnectListeners = new Set<() => void>();
  #replies: Promise<ReplyDesk> | undefined;
  #version = '';
  #blocked: string | undefined;
  #isConnected = false;
  readonly #onConnected = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(options: BrokerOptions) {
    const { log, observer } = options;
    this.#options = options;
    this.#topology = new TopologyDeclarer(log);
    this.#consumers = new KeptConsumers({
      log,
      observer,
      topology: this.#topology,
      connection: () => this.#consuming.connection,
    });
    const published = new Tally<string, PublishOutcome>((exchange, outcome, count) =>
      observer?.published?.(exchange, outcome, count),
    );
    this.publisher = new ConfirmPublisher({
      maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
      confirmTimeoutMs: options.confirmTimeoutMs ?? 30_000,
      confirmWindow: options.confirmWindow ?? 2_000,
      log,
      onOutcome: (exchange, outcome) => published.add(exchange, outcome, 1),
      onTimed: (seconds) => observer?.confirmed?.(seconds),
      declareAgain: () => this.#consuming.use(DECLARE_MS, (on) => this.#topology.declareShared(on)),
    });
    this.#ladder = new DelayLadder(this.publisher, {
      declare: (rungMs) => this.#consuming.use(DECLARE_MS, (on) => this.#topology.declareRung(on, rungMs)),
      exists: async (queue) =>
        (await this.#consuming.use(DECLARE_MS, (connection) => inspectQueue(connection, queue))) !==
        undefined,
    });
    const { url, tls, heartbeatSeconds = 10, service, instance } = options;
    const name = (purpose: string): string => `heddle ${service} ${instance} ${purpose}`;
    this.#publishing = new ConnectionSupervisor(
      { url, tls, heartbeatSeconds, name: name('publish') },
      {
        // Here too: published to a broker that has lost its queues, messages would be confirmed and gone.
        setUp: (connection) => this.#topology.declareShared(connection),
        onUp: (connection) => {
          this.publisher.connected(connection);
          this.#reportConnected();
        },
        onDown: (reason) => {
          observer?.connectionLost?.('publish');
          this.#blocked = undefined;
          this.publisher.disconnected(reason);
          this.#reportConnected();
        },
        onBlocked: (reason) => this.#setBlocked(reason),
        onUnblocked: () => this.#setBlocked(undefined),
      },
      log,
    );
    this.#consuming = new ConnectionSupervisor(
      { url, tls, heartbeatSeconds, name: name('consume') },
      {
        setUp: (connection) => this.#topology.declareShared(connection),
        onUp: (connection) => this.#onConsumingUp(connection),
        onDown: () => {
          observer?.connectionLost?.('consume');
          this.#consumers.disconnected();
          this.#reportConnected();
        },
      },
      log,
    );
  }

  start(): void {
    this.#consuming.start();
    this.#publishing.start();
  }

  async connected(signal?: AbortSignal): Promise<void> {
    if (!signal?.aborted && !this.#isConnected) {
      await new Promise<void>((resolve) => {
        this.#onConnected.add(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal?.aborted) {
      await this.close();
      throw new HeddleError('shutting_down', 'asked to stop before the broker was connected');
    }
  }

  get version(): string {
    return this.#version;
  }

  get state(): BrokerState {
    return this.publisher.state;
  }

  consume<Q extends QueueName>(
    queue: Q,
    options: ConsumeOptions,
    onDelivery: (delivery: Delivery) => void,
  ): Promise<Consumer> {
    return this.#consumers.start(queue, options, onDelivery);
  }

  declareJobQueue(task: string, how: JobQueueOptions = {}): Promise<void> {
    return this.#consuming.use(DECLARE_MS, (on) => this.#topology.declareJobQueue(on, task, how));
  }

  declareTokens(limit: TokenLimit): Promise<void> {
    return this.#consuming.use(DECLARE_MS, (connection) => this.#topology.declareTokens(connection, limit));
  }

  publishOnce<E extends ExchangeName>(
    exchange: E,
    routingKey: string,
    messages: readonly WireMessage<KindOn<E>>[],
  ): Promise<void> {
    return publishOnce(this.#consuming.connection, exchange, routingKey, messages);
  }

  publishLater(
    job: WireMessage<'job'>,
    task: string,
    delayMs: number,
    options?: PublishOptions,
  ): Promise<void> {
    return this.#ladder.publish(job, task, delayMs, options);
  }

  declareBeforehand(tasks: readonly string[]): Promise<void> {
    return this.#consuming.use(DECLARE_MS, (connection) => this.#topology.declareAllFor(connection, tasks));
  }

  declareEventLog(): Promise<{ created: boolean }> {
    return this.#consuming.use(DECLARE_MS, (connection) => this.#topology.declareEventLog(connection));
  }

  async countMessages(queue: QueueName): Promise<number> {
    return (await this.inspectQueue(queue))?.ready ?? 0;
  }

  inspectQueue(queue: QueueName): Promise<QueueInspection | undefined> {
    return this.#consuming.use(COUNT_MS, (connection) => inspectQueue(connection, queue));
  }

  load(): BrokerLoad {
    return this.publisher.load();
  }

  async replies(): Promise<ReplyQueue> {
    this.#replies ??= this.#openReplies();
    const desk = await this.#replies;
    await desk.awaitReturn();
    return desk;
  }

  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => this.#reconnectListeners.delete(listener);
  }

  health(): BrokerHealth {
    const consumers = this.#consumers.health();
    return describeHealth(this.state, this.#publishing, this.#consuming, this.#blocked, consumers);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The order matters: a settlement is safe only when its channel is closed before its connection. */
  async #close(): Promise<void> {
    await Promise.all([waitAtMost(CLOSE_MS, this.#consumers.close()), this.publisher.close(CLOSE_MS)]);
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  async #openReplies(): Promise<ReplyDesk> {
    const queue = `heddle.replies.${this.#options.instance}`;
    const desk = new ReplyDesk(queue);
    const news = {
      onSubscribed: (name: string, isTaken: boolean) => desk.opened(isTaken ? name : queue),
      onLost: () => desk.abandon('the queue of replies was lost with its connection'),
    };
    const prefetch = { prefetch: REPLY_PREFETCH };
    await this.#consumers.start(queue, prefetch, (delivery) => desk.onDelivery(delivery), news);
    return desk;
  }

  #onConsumingUp(connection: ChannelModel): void {
    const again = this.#version !== '';
    this.#version = versionOf(connection);
    const subscribed = this.#consumers.connected(connection);
    this.#reportConnected();
    if (!again) return;
    // Whoever asks for what it may have missed must hear what comes from now on.
    void subscribed.then(() => {
      for (const listener of this.#reconnectListeners) listener();
    });
  }

  #setBlocked(reason: string | undefined): void {
    this.#blocked = reason;
    if (reason === undefined) {
      this.#options.log.info({}, 'the broker takes messages again');
      this.publisher.unblocked();
    } else {
      this.#options.log.warn({ reason }, 'the broker takes no messages');
      this.publisher.blocked(reason);
    }
  }

  #reportConnected(): void {
    const connected = Boolean(this.#publishing.connection && this.#consuming.connection);
    if (connected === this.#isConnected) return;
    this.#isConnected = connected;
    if (connected) {
      for (const resolve of this.#onConnected) resolve();
      this.#onConnected.clear();
    }
    this.#options.observer?.connected?.(connected);
  }
}
