import { setTimeout as delay } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import { BackOff } from './back-off.ts';
import type {
  BrokerLog,
  ConsumeOptions,
  ConsumeOutcome,
  Consumer,
  ConsumerHealth,
  Delivery,
} from './broker.ts';
import { ConsumerChannel } from './consumer-channel.ts';
import { StreamPosition } from './stream-position.ts';

/** A consumer that was without its queue for longer is called silent. */
const GRACE_MS = 5_000;

export interface ConsumerSettings {
  readonly queue: string;
  readonly options: ConsumeOptions;
  readonly isStream: boolean;
  /** One consumer at a time, and the next only when this one's deliveries are back: which takes that its channel is closed. */
  readonly isSingle: boolean;
  readonly log: BrokerLog;
  onDelivery(delivery: Delivery): void;
  onOutcome(outcome: ConsumeOutcome, count: number): void;
  /**
   * Says under which name the queue is there; several: the first of them that nobody else holds. `again`: consuming from it has
   * failed or ended on this connection, so it may be there no more.
   */
  prepare(connection: ChannelModel, again: boolean): Promise<readonly string[]>;
  /** It consumes, from the queue of this name; `isTaken`: one of several, which is held by consuming from it. */
  onSubscribed?(name: string, isTaken: boolean): void;
  /** Called when nothing from before can be settled or will come any more. */
  onLost?(): void;
  onClosed(consumer: QueueConsumer): void;
}

/** A subscription that stays: each loss of its channel is followed by a new one, with pauses, for as long as it is wanted. */
export class QueueConsumer implements Consumer {
  readonly #settings: ConsumerSettings;
  readonly #position: StreamPosition | undefined;
  /** What the queue is called on the broker. */
  #name: string;
  /** One of several names: it must be consumed exclusively, which takes it. */
  #isTaken = false;
  #prefetch: number;
  #connection: ChannelModel | undefined;
  /** The connection of the last attempt. */
  #tried: ChannelModel | undefined;
  #channel: ConsumerChannel | undefined;
  #wanted = true;
  #consuming = false;
  #since = Date.now();
  /** Changes of the subscription wait for each other. */
  #turn: Promise<void> = Promise.resolve();
  /** Counts deliveries, for the watchdog. */
  deliveries = 0;

  constructor(settings: ConsumerSettings) {
    this.#settings = settings;
    this.#name = settings.queue;
    this.#prefetch = settings.options.prefetch;
    this.#position = settings.isStream ? new StreamPosition(settings.options.streamOffset) : undefined;
  }

  get queue(): string {
    return this.#settings.queue;
  }

  /** What the queue is called on the broker, where a queue of replies may have had to take another name. */
  get brokerName(): string {
    return this.#name;
  }

  /** Deliveries that have not been settled. */
  get held(): number {
    return this.#channel?.settler.held ?? 0;
  }

  get isStream(): boolean {
    return this.#settings.isStream;
  }

  get isSingle(): boolean {
    return this.#settings.isSingle;
  }

  /** Absent once it was told to stop. */
  health(): ConsumerHealth | undefined {
    if (!this.#wanted) return undefined;
    const overdue = Date.now() - this.#since > GRACE_MS;
    const state = this.#consuming ? 'consuming' : overdue ? 'silent' : 'resubscribing';
    return { queue: this.queue, state, since: this.#since, held: this.held };
  }

  /** Whether it should be consuming, and believes that it is. */
  get consuming(): boolean {
    return this.#consuming && this.#wanted && this.#prefetch > 0;
  }

  /** Subscribes on this connection. Resolves after the first attempt; further ones follow by themselves. */
  async connected(connection: ChannelModel): Promise<void> {
    this.#connection = connection;
    if (!(await this.#attempt(connection))) void this.#keepTrying(connection);
  }

  disconnected(): void {
    this.#connection = undefined;
  }

  /** Gives the channel up and subscribes anew: for a consumer that the broker has forgotten. */
  async restart(reason: string): Promise<void> {
    this.#settings.log.warn({ queue: this.queue, reason }, 'consumer restarted');
    await this.#channel?.close(this.isSingle);
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#exclusively(async () => {
      this.#setConsuming(false);
      await this.#channel?.unsubscribe().catch(() => {});
    });
  }

  async close(): Promise<void> {
    this.#wanted = false;
    await this.#exclusively(async () => {
      this.#setConsuming(false);
      await this.#channel?.close(this.isSingle);
    });
    this.#settings.onClosed(this);
  }

  async setPrefetch(prefetch: number): Promise<void> {
    if (prefetch === this.#prefetch) return;
    this.#prefetch = prefetch;
    await this.#exclusively(async () => {
      const channel = this.#channel;
      // If there is none, or it goes meanwhile, the next one gets the new prefetch anyway.
      if (channel && this.#wanted && this.#consuming && channel.prefetch !== this.#prefetch) {
        await this.#subscribe(channel).catch(() => channel.close());
      }
    });
  }

  async #keepTrying(connection: ChannelModel): Promise<void> {
    const backOff = new BackOff(50, 2_000);
    do {
      await delay(backOff.next());
    } while (!(await this.#attempt(connection)));
  }

  /** One attempt to subscribe. True: it worked, or is not wanted any more. */
  async #attempt(connection: ChannelModel): Promise<boolean> {
    let done = false;
    await this.#exclusively(async () => {
      if (!this.#wanted || this.#connection !== connection || this.#consuming) {
        done = true;
        return;
      }
      try {
        await this.#open(connection);
        done = true;
      } catch (error) {
        done = this.#endsWith(error);
        if (!done)
          this.#settings.log.warn({ queue: this.queue, reason: messageOf(error) }, 'cannot subscribe yet');
      }
    });
    return done;
  }

  /** Whether the queue has gone, and the consumer is to go with it. */
  #endsWith(error: unknown): boolean {
    if (!this.#settings.options.endsWithQueue || replyCodeOf(error) !== replyCode.notFound) return false;
    this.#wanted = false;
    this.#settings.log.info({ queue: this.queue }, 'the queue has gone, and its consumer with it');
    this.#settings.onClosed(this);
    return true;
  }

  async #open(connection: ChannelModel): Promise<void> {
    const again = this.#tried === connection;
    this.#tried = connection;
    const prepared = await this.#settings.prepare(connection, again);
    // The one held before comes first: what is on its way there still arrives.
    const names = prepared.toSorted((a, b) => Number(b === this.#name) - Number(a === this.#name));
    for (const [tried, name] of names.entries()) {
      try {
        await this.#openAs(name, connection, names.length > 1);
        return;
      } catch (error) {
        const code = replyCodeOf(error);
        const isTaken = code === replyCode.accessRefused || code === replyCode.notFound;
        if (!isTaken || tried === names.length - 1) throw error;
      }
    }
  }

  async #openAs(name: string, connection: ChannelModel, isTaken: boolean): Promise<void> {
    this.#name = name;
    this.#isTaken = isTaken;
    const channel: ConsumerChannel = await ConsumerChannel.open(connection, {
      onDelivery: (delivery) => this.#onDelivery(delivery),
      onOutcome: (outcome, count) => this.#settings.onOutcome(outcome, count),
      onEnded: (reason) => this.#onChannelEnded(channel, connection, reason),
    });
    this.#channel = channel;
    try {
      await this.#subscribe(channel);
    } catch (error) {
      await channel.close();
      throw error;
    }
    if (channel.ended) throw new Error('the channel ended at once');
    this.#settings.onSubscribed?.(name, this.#isTaken);
    this.#setConsuming(true);
  }

  async #subscribe(channel: ConsumerChannel): Promise<void> {
    if (this.#prefetch === 0) return channel.pause();
    const { priority } = this.#settings.options;
    const exclusive = this.#isTaken || (this.#settings.options.exclusive ?? false);
    const args =
      this.#position?.resumeArguments() ?? (priority === undefined ? {} : { 'x-priority': priority });
    await channel.subscribe({ queue: this.#name, prefetch: this.#prefetch, exclusive, arguments: args });
  }

  #onDelivery(delivery: Delivery): void {
    this.deliveries++;
    if (this.#position && !this.#position.advance(delivery.streamOffset)) return delivery.ack();
    try {
      this.#settings.onDelivery(delivery);
    } catch (error) {
      // Giving it back would make a loop of it, refusing it would lose it: it stays held, and shows.
      this.#settings.log.error({ err: error, queue: this.queue }, 'a delivery handler threw');
    }
  }

  #onChannelEnded(channel: ConsumerChannel, connection: ChannelModel, reason: string): void {
    if (this.#channel !== channel) return;
    this.#settings.onLost?.();
    if (!this.#consuming) return;
    this.#setConsuming(false);
    if (!this.#wanted) return;
    this.#settings.log.warn({ queue: this.queue, reason }, 'consumer lost its channel');
    void this.#keepTrying(connection);
  }

  #setConsuming(consuming: boolean): void {
    this.#consuming = consuming;
    this.#since = Date.now();
  }

  async #exclusively(change: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => {});
    await turn;
  }
}
