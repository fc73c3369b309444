import type { ChannelModel } from 'amqplib';
import { inspectQueue } from './inspect-queue.ts';

/** How often idle consumers are looked at. */
const LOOK_MS = 10_000;

/** What of a consumer is watched. */
export interface WatchedConsumer {
  readonly brokerName: string;
  /** It believes that it is subscribed. */
  readonly consuming: boolean;
  readonly isStream: boolean;
  /** Its queue delivers to one consumer at a time: this one may have nothing to do but wait for its turn. */
  readonly isSingle: boolean;
  /** How many it has got so far. */
  readonly deliveries: number;
  /** How many it has not settled. */
  readonly held: number;
  restart(reason: string): Promise<void>;
}

/**
 * Looks at consumers that believe themselves subscribed and get nothing. If the broker knows of no consumer on the
 * queue, or messages lie ready at two looks and none comes, the subscription is dead, and is made anew.
 */
export class ConsumerWatchdog {
  readonly #consumers: Iterable<WatchedConsumer>;
  readonly #connection: () => ChannelModel | undefined;
  readonly #seen = new WeakMap<WatchedConsumer, { deliveries: number; readyBefore: boolean }>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    consumers: Iterable<WatchedConsumer>,
    connection: () => ChannelModel | undefined,
    lookMs = LOOK_MS,
  ) {
    this.#consumers = consumers;
    this.#connection = connection;
    this.#timer = setInterval(() => void this.look().catch(() => {}), lookMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One look at all of them. */
  async look(): Promise<void> {
    const connection = this.#connection();
    if (!connection) return;
    for (const consumer of this.#consumers) {
      // Of a stream the broker tells neither messages nor consumers.
      if (consumer.consuming && !consumer.isStream) await this.#lookAt(consumer, connection);
    }
  }

  async #lookAt(consumer: WatchedConsumer, connection: ChannelModel): Promise<void> {
    const before = this.#seen.get(consumer);
    const { deliveries } = consumer;
    if (before?.deliveries !== deliveries || consumer.held > 0) {
      this.#seen.set(consumer, { deliveries, readyBefore: false });
      return;
    }
    const queue = await inspectQueue(connection, consumer.brokerName);
    if (consumer.deliveries !== deliveries || !consumer.consuming) return;
    const ready = (queue?.ready ?? 0) > 0;
    this.#seen.set(consumer, { deliveries, readyBefore: ready });
    if (!queue || queue.consumers === 0) await consumer.restart('the broker knows of no consumer');
    else if (ready && before.readyBefore && !consumer.isSingle)
      await consumer.restart('messages lie ready and none is delivered');
  }
}
