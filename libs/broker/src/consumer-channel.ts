import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { ConsumeOutcome, Delivery } from './broker.ts';
import { closeChannel } from './close-channel.ts';
import { Settler } from './settler.ts';
import { streamOffsetOf, toReceivedMessage } from './wire-properties.ts';

export interface ConsumerChannelListener {
  onDelivery(delivery: Delivery): void;
  onOutcome(outcome: ConsumeOutcome, count: number): void;
  /** The channel has gone: by an error, with its connection, or because the broker cancelled its consumer. Once. */
  onEnded(reason: string): void;
}

export interface Subscription {
  readonly queue: string;
  readonly prefetch: number;
  readonly exclusive: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** One channel with one consumer and its settler: what is called a generation elsewhere. When it ends, it is replaced whole. */
export class ConsumerChannel {
  readonly settler: Settler;
  readonly #channel: Channel;
  readonly #listener: ConsumerChannelListener;
  #tag: string | undefined;
  /** Until the broker has named the consumer, it cannot be cancelled. */
  #beginning: Promise<void> | undefined;
  #prefetch = 0;
  /** What the broker was told that consumers that begin now may hold. */
  #toldPrefetch: number | undefined;
  #stopping = false;
  #ended = false;

  static async open(connection: ChannelModel, listener: ConsumerChannelListener): Promise<ConsumerChannel> {
    return new ConsumerChannel(await connection.createChannel(), listener);
  }

  constructor(channel: Channel, listener: ConsumerChannelListener) {
    this.#channel = channel;
    this.#listener = listener;
    const byTag = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;
    this.settler = new Settler(
      {
        ack: (tag, multiple) => channel.ack(byTag(tag), multiple),
        reject: (tag) => channel.reject(byTag(tag), false),
        // A nack, because from 4.3 a reject counts towards the delivery limit.
        requeue: (tag) => channel.nack(byTag(tag), false, true),
      },
      (outcome, count) => listener.onOutcome(outcome, count),
    );
    let error: Error | undefined;
    channel.on('error', (cause) => (error = cause));
    channel.on('handler-error', (cause) => (error ??= cause));
    channel.on('close', () => this.#end(error?.message ?? 'channel closed'));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Begins, or begins anew with another prefetch: a consumer that is there does not see a changed one. What the broker
   * sends until it has cancelled the old one is taken as before: given back, it would come again as redelivered.
   */
  async subscribe(subscription: Subscription): Promise<void> {
    await this.#cancel();
    this.#stopping = false;
    const beginning = this.#begin(subscription);
    this.#beginning = beginning;
    try {
      await beginning;
    } finally {
      if (this.#beginning === beginning) this.#beginning = undefined;
    }
  }

  async #begin(subscription: Subscription): Promise<void> {
    this.#prefetch = subscription.prefetch;
    if (this.#toldPrefetch !== subscription.prefetch) {
      await this.#channel.prefetch(subscription.prefetch);
      this.#toldPrefetch = subscription.prefetch;
    }
    const { queue, exclusive } = subscription;
    const options = { exclusive, arguments: subscription.arguments };
    const { consumerTag } = await this.#channel.consume(
      queue,
      (message) => this.#onMessage(message),
      options,
    );
    this.#tag = consumerTag;
  }

  /** Of the subscription; 0: there is none. */
  get prefetch(): number {
    return this.#prefetch;
  }

  /** No subscription for now; what comes until the broker agrees is taken as before. */
  async pause(): Promise<void> {
    this.#prefetch = 0;
    await this.#cancel();
  }

  /** No new deliveries; what comes until the broker agrees goes back to the queue. */
  async unsubscribe(): Promise<void> {
    this.#stopping = true;
    await this.#cancel();
  }

  /** One message, if one is ready. */
  async get(queue: string): Promise<Delivery | undefined> {
    const message = await this.#channel.get(queue);
    if (!message) return undefined;
    return this.settler.hold(message.fields.deliveryTag, toReceivedMessage(message), undefined);
  }

  /** Resolves when all that the broker had sent before has come. */
  async roundTrip(): Promise<void> {
    // Says again what it has been told: any question would do.
    await this.#channel.prefetch(this.#toldPrefetch ?? 0);
  }

  async #cancel(): Promise<void> {
    // Else at once: callers settle in the same breath what must not come to this consumer again.
    if (this.#beginning) await this.#beginning.catch(() => {});
    if (this.#tag === undefined) return;
    const tag = this.#tag;
    this.#tag = undefined;
    await this.#channel.cancel(tag);
  }

  /**
   * Settles what was decided, and closes: what is undecided goes back to the queue. `atOnce`: in one step with the end of
   * the subscription, so that the queue's next consumer begins with what comes back.
   */
  async close(atOnce = false): Promise<void> {
    if (this.#ended) return;
    this.#stopping = true;
    // What has not begun ends with the channel.
    if (!atOnce && !this.#beginning) await this.#cancel().catch(() => {});
    this.settler.flush();
    this.settler.end();
    // Only the broker's answer says that the settlements before it have been taken in.
    await closeChannel(this.#channel);
  }

  #onMessage(message: ConsumeMessage | null): void {
    if (!message) return this.#onCancelled();
    const delivery = this.settler.hold(
      message.fields.deliveryTag,
      toReceivedMessage(message),
      streamOffsetOf(message),
    );
    if (this.#stopping) delivery.requeue();
    else this.#listener.onDelivery(delivery);
  }

  /** From here on the broker takes a late settlement for an error, so the channel is given up with all it holds. */
  #onCancelled(): void {
    this.#tag = undefined;
    this.settler.end();
    void closeChannel(this.#channel);
    this.#end('cancelled by the broker');
  }

  #end(reason: string): void {
    this.settler.end();
    if (this.#ended) return;
    this.#ended = true;
    this.#listener.onEnded(reason);
  }
}
