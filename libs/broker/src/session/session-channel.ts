import type { Channel, ChannelModel } from 'amqplib';
import type { Delivery } from '../broker.ts';
import { ConsumerChannel } from '../consumer-channel.ts';
import type { SessionChannel, SessionSubscription } from './broker-session.ts';

/** A channel of a session: a consumer channel whose end and deliveries go to whoever has it at the time. */
export class HeldChannel implements SessionChannel {
  readonly #channel: ConsumerChannel;
  #onEnded: ((reason: string) => void) | undefined;
  #onDelivery: ((delivery: Delivery) => void) | undefined;
  #reason: string | undefined;

  static async open(connection: ChannelModel): Promise<HeldChannel> {
    const channel: Channel = await connection.createChannel();
    return new HeldChannel(channel);
  }

  private constructor(channel: Channel) {
    this.#channel = new ConsumerChannel(channel, {
      onDelivery: (delivery) => this.#onDelivery?.(delivery),
      onOutcome: () => {},
      onEnded: (reason) => {
        this.#reason = reason;
        this.#onEnded?.(reason);
      },
    });
  }

  get ended(): boolean {
    return this.#channel.ended;
  }

  set onEnded(listener: ((reason: string) => void) | undefined) {
    this.#onEnded = listener;
    if (this.#reason !== undefined) listener?.(this.#reason);
  }

  get onEnded(): ((reason: string) => void) | undefined {
    return this.#onEnded;
  }

  async subscribe(
    { queue, prefetch, streamOffset }: SessionSubscription,
    onDelivery: (delivery: Delivery) => void,
  ): Promise<void> {
    this.#onDelivery = onDelivery;
    const args = streamOffset === undefined ? {} : { 'x-stream-offset': streamOffset };
    await this.#channel.subscribe({ queue, prefetch, exclusive: false, arguments: args });
  }

  unsubscribe(): Promise<void> {
    return this.#channel.unsubscribe();
  }

  pause(): Promise<void> {
    return this.#channel.pause();
  }

  get(queue: string): Promise<Delivery | undefined> {
    return this.#channel.get(queue);
  }

  roundTrip(): Promise<void> {
    return this.#channel.roundTrip();
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}
