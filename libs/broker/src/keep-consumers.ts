import { queues } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import type {
  BrokerLog,
  BrokerObserver,
  ConsumeOptions,
  ConsumeOutcome,
  ConsumerHealth,
  Delivery,
} from './broker.ts';
import { QueueConsumer } from './consume-queue.ts';
import type { TopologyDeclarer } from './declare-topology.ts';
import { rowOf } from './inspect-queue.ts';
import { Tally } from './tally.ts';
import { ConsumerWatchdog } from './watch-consumers.ts';

interface ConsumerParts {
  readonly log: BrokerLog;
  readonly observer: BrokerObserver | undefined;
  readonly topology: Pick<TopologyDeclarer, 'prepareQueue'>;
  /** The one to consume on, if it is up. */
  readonly connection: () => ChannelModel | undefined;
}

/** What a queue of replies wants to know of its consumer besides. */
interface ConsumerNews {
  onSubscribed?(name: string, isTaken: boolean): void;
  onLost?(): void;
}

/** A process's consumers: subscribed anew on each connection, watched, and closed before the last one goes. */
export class KeptConsumers {
  readonly #parts: ConsumerParts;
  readonly #consumers = new Set<QueueConsumer>();
  readonly #consumed: Tally<string, ConsumeOutcome>;
  readonly #watchdog: ConsumerWatchdog;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#consumed = new Tally((queue, outcome, count) => parts.observer?.consumed?.(queue, outcome, count));
    this.#watchdog = new ConsumerWatchdog(this.#consumers, parts.connection);
  }

  /** Resolves after the first attempt to subscribe. */
  async start(
    queue: string,
    options: ConsumeOptions,
    onDelivery: (delivery: Delivery) => void,
    news: ConsumerNews = {},
  ): Promise<QueueConsumer> {
    const { log, observer, topology, connection } = this.#parts;
    const { type } = queues[rowOf(queue)];
    const consumer = new QueueConsumer({
      queue,
      options,
      isStream: type === 'stream',
      isSingle: type === 'single' || options.inOrder === true,
      log,
      onDelivery,
      onOutcome: (outcome, count) => this.#consumed.add(queue, outcome, count),
      prepare: (on, again) => topology.prepareQueue(on, queue, again),
      ...news,
      onClosed: (closed) => this.#consumers.delete(closed),
    });
    this.#consumers.add(consumer);
    observer?.consuming?.(queue);
    const here = connection();
    if (here) await consumer.connected(here);
    return consumer;
  }

  /** Resolves when each has tried to subscribe. */
  async connected(connection: ChannelModel): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.connected(connection)));
  }

  disconnected(): void {
    for (const consumer of this.#consumers) consumer.disconnected();
  }

  health(): ConsumerHealth[] {
    return [...this.#consumers].flatMap((consumer) => consumer.health() ?? []);
  }

  async close(): Promise<void> {
    this.#watchdog.stop();
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
  }
}
