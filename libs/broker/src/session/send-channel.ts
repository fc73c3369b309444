import { randomUUID } from 'node:crypto';
import { HeddleError, type SyncObject, type WireMessage } from '@heddle/contracts';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { closeChannel } from '../close-channel.ts';
import { toPublishOptions } from '../wire-properties.ts';

const EXCHANGE = 'heddle.sync';
/** Messages in flight at once; those beyond wait for room. */
const WINDOW = 1_000;
const MOST_WAITING = 100_000;

interface Sent {
  readonly reject: (error: Error) => void;
  returned: boolean;
}

/** Sends each message once, on one confirm channel. When that ends, all that are in flight fail, and another one is opened. */
export class SendChannel {
  readonly #channel: ConfirmChannel;
  readonly #inFlight = new Map<string, Sent>();
  #waiting: (() => void)[] = [];
  #ended = false;

  static async open(connection: ChannelModel): Promise<SendChannel> {
    return new SendChannel(await connection.createConfirmChannel());
  }

  private constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    let reason = 'the connection was lost before the confirm';
    channel.on('error', (error) => (reason = error.message));
    channel.on('handler-error', () => {});
    channel.on('return', (message) => {
      const sent = this.#inFlight.get(String(message.properties.messageId));
      if (sent) sent.returned = true;
    });
    channel.on('close', () => {
      this.#ended = true;
      const error = new HeddleError('broker_unavailable', `it may have arrived or not: ${reason}`);
      for (const { reject } of this.#inFlight.values()) reject(error);
      this.#inFlight.clear();
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  async send(
    object: SyncObject,
    { body, properties }: WireMessage<'sync'>,
    timeoutMs: number,
  ): Promise<void> {
    // Nobody overtakes those who wait.
    if (this.#inFlight.size >= WINDOW || this.#waiting.length > 0) await this.#room(object, timeoutMs);
    if (this.#ended)
      throw new HeddleError('broker_unavailable', 'the connection was lost before it was sent');
    const id = properties.messageId ?? randomUUID();
    const options = toPublishOptions(properties, id, true);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new HeddleError(
            'confirm_timeout',
            `${object}: not confirmed within ${timeoutMs} ms, it may have arrived`,
          ),
        );
      }, timeoutMs);
      const sent: Sent = {
        returned: false,
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#inFlight.set(id, sent);
      this.#channel.publish(EXCHANGE, object, body, options, (error: unknown) => {
        clearTimeout(timer);
        this.#inFlight.delete(id);
        this.#waiting.shift()?.();
        if (sent.returned) reject(new HeddleError('publish_returned', `${object}: there is no such object`));
        else if (error) reject(new HeddleError('publish_nacked', `${object}: refused`, { cause: error }));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (!this.#ended) await closeChannel(this.#channel);
  }

  #room(object: SyncObject, timeoutMs: number): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) {
      return Promise.reject(new HeddleError('overloaded', `${MOST_WAITING} wait to be sent already`));
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== go);
        reject(new HeddleError('confirm_timeout', `${object}: not sent within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.push(go);
    });
  }
}
