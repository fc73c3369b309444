import { randomUUID } from 'node:crypto';
import { HeddleError, RuntimeError, type SyncObject, type WireMessage } from '@heddle/contracts';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { replyCode, replyCodeOf } from '../amqp-error.ts';
import { closeChannel } from '../close-channel.ts';
import { toPublishOptions } from '../wire-properties.ts';
import { EXCHANGE, howToMake } from './seed-object.ts';

/** Messages in flight at once; those beyond wait for room. */
const WINDOW = 1_000;
const MOST_WAITING = 100_000;

interface Sent {
  readonly exchange: string;
  readonly object: SyncObject;
  readonly timeoutMs: number;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly reject: (error: Error) => void;
  returned: boolean;
}

/** Sends each message once, on one confirm channel. When that ends, all that are in flight fail, and another one is opened. */
export class SendChannel {
  readonly #channel: ConfirmChannel;
  readonly #inFlight = new Map<string, Sent>();
  #waiting: (() => void)[] = [];
  /** One for all that is in flight: a timer for each message costs as much as its JSON. */
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #ended = false;

  static async open(connection: ChannelModel): Promise<SendChannel> {
    return new SendChannel(await connection.createConfirmChannel());
  }

  private constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    let reason: Error | undefined;
    channel.on('error', (error) => (reason = error));
    channel.on('handler-error', () => {});
    channel.on('return', (message) => {
      const sent = this.#inFlight.get(String(message.properties.messageId));
      if (sent) sent.returned = true;
    });
    // Before amqplib's own listener, which calls back for what is in flight as if the broker had refused it.
    channel.prependListener('close', () => {
      this.#ended = true;
      for (const sent of this.#inFlight.values()) sent.reject(whyNotConfirmed(sent, reason));
      this.#inFlight.clear();
      clearTimeout(this.#timer);
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  async send(
    exchange: string,
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
      const sent: Sent = {
        exchange,
        object,
        timeoutMs,
        deadline: performance.now() + timeoutMs,
        reject,
        returned: false,
      };
      this.#inFlight.set(id, sent);
      this.#watch(sent.deadline);
      this.#channel.publish(exchange, object, body, options, (error: unknown) => {
        this.#inFlight.delete(id);
        this.#waiting.shift()?.();
        if (sent.returned) reject(new HeddleError('publish_returned', nobodyGetsIt(exchange, object)));
        else if (error) reject(new HeddleError('publish_nacked', `${object}: refused`, { cause: error }));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (!this.#ended) await closeChannel(this.#channel);
  }

  #watch(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(() => this.#rejectLate(), deadline - performance.now());
    this.#timer.unref();
  }

  /** What is late stays in flight: its confirm makes room, and is nobody's business any more. */
  #rejectLate(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    // A timer may be early by less than a millisecond.
    const now = performance.now() + 1;
    let next = Number.POSITIVE_INFINITY;
    for (const { object, timeoutMs, deadline, reject } of this.#inFlight.values()) {
      if (deadline > now) next = Math.min(next, deadline);
      else {
        const late = `${object}: not confirmed within ${timeoutMs} ms, it may have arrived`;
        reject(new HeddleError('confirm_timeout', late));
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#watch(next);
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

/** Of what is in flight when the broker refuses a message, only those to the same exchange were refused for sure. */
function whyNotConfirmed({ exchange, object }: Sent, reason: Error | undefined): Error {
  if (replyCodeOf(reason) === replyCode.accessRefused && reason?.message.includes(`'${exchange}'`))
    return new RuntimeError(`${object}: the broker refuses it`, { cause: reason });
  const why = reason?.message ?? 'the connection was lost before the confirm';
  return new HeddleError('broker_unavailable', `it may have arrived or not: ${why}`);
}

/** A mark leads to its object if that was made beforehand, and not if its first user has made it. */
function nobodyGetsIt(exchange: string, object: SyncObject): string {
  if (exchange === EXCHANGE) return `${object}: there is no such object`;
  return `${object}: nothing leads to it for this user: ${howToMake(object)} mends that`;
}
