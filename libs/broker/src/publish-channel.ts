import { type ChannelModel, type ConfirmChannel, IllegalOperationError, type Message } from 'amqplib';
import { ConfirmWindow } from './confirm-window.ts';
import type { Outgoing } from './outgoing.ts';

export interface PublishChannelListener {
  onConfirm(outgoing: Outgoing, acked: boolean): void;
  /** A burst of confirms has been handed over, or the socket takes bytes again. */
  onRoom(): void;
  /** `error`: the broker closed the channel because of something published on it. Absent: the connection went. */
  onClosed(unconfirmed: Outgoing[], error: Error | undefined): void;
}

/** One confirm channel, from its opening to its end. Confirms and returns are matched by the channel's own tags. */
export class PublishChannel {
  readonly #channel: ConfirmChannel;
  readonly #window = new ConfirmWindow<Outgoing>();
  #open = true;
  #draining = false;

  static async open(connection: ChannelModel, listener: PublishChannelListener): Promise<PublishChannel> {
    return new PublishChannel(await connection.createConfirmChannel(), listener);
  }

  private constructor(channel: ConfirmChannel, listener: PublishChannelListener) {
    this.#channel = channel;
    let error: Error | undefined;
    channel.on('error', (cause) => (error = cause));
    channel.on('handler-error', (cause) => (error ??= cause));
    channel.on('close', () => {
      this.#open = false;
      listener.onClosed(this.#window.unconfirmed(), error);
    });
    channel.on('drain', () => {
      this.#draining = false;
      listener.onRoom();
    });
    channel.on('return', (message) => this.#onReturn(message));
    const settle = (tag: number, multiple: boolean, acked: boolean): void => {
      this.#window.settle(tag, multiple, (outgoing) => listener.onConfirm(outgoing, acked));
      listener.onRoom();
    };
    channel.on('ack', ({ deliveryTag, multiple }) => settle(deliveryTag, multiple, true));
    channel.on('nack', ({ deliveryTag, multiple }) => settle(deliveryTag, multiple, false));
  }

  /** Open, and the socket takes bytes. */
  get ready(): boolean {
    return this.#open && !this.#draining;
  }

  /**
   * Writes a message. False: the channel has gone, and the message has not been written.
   * Throws what amqplib throws for a message that cannot be encoded; the channel is none the worse for it.
   */
  send(outgoing: Outgoing): boolean {
    try {
      const { exchange, routingKey, body, options } = outgoing;
      this.#draining = !this.#channel.publish(exchange, routingKey, body, options);
    } catch (error) {
      if (error instanceof IllegalOperationError) {
        this.#open = false;
        return false;
      }
      throw error;
    }
    this.#window.push(outgoing);
    return true;
  }

  /** What the broker has not confirmed, in the order of publishing. */
  unconfirmed(): Outgoing[] {
    return this.#window.unconfirmed();
  }

  /** A return carries nothing of ours but the message itself. They come in the order of publishing, so the search is short. */
  #onReturn({ fields, properties }: Message): void {
    const outgoing = this.#window.find(
      (one) =>
        one.options.mandatory === true &&
        one.returned === undefined &&
        one.options.messageId === properties.messageId &&
        one.routingKey === fields.routingKey &&
        one.exchange === fields.exchange,
    );
    const { replyText } = fields as { replyText?: string };
    if (outgoing) outgoing.returned = replyText ?? 'NO_ROUTE';
  }
}
