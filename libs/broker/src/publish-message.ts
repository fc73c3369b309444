import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { type ExchangeName, HeddleError, type KindOn, type WireMessage } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import { messageOf, replyCode, replyCodeOf } from './amqp-error.ts';
import { BackOff } from './back-off.ts';
import type { BrokerLog, BrokerState, Publisher, PublishOptions, PublishOutcome } from './broker.ts';
import { Outgoing } from './outgoing.ts';
import { PublishChannel } from './publish-channel.ts';
import { Suspects } from './isolate-suspects.ts';
import { WaitingLine } from './waiting-line.ts';
import { toPublishOptions } from './wire-properties.ts';

/** How often deadlines are looked at. */
const SWEEP_MS = 100;
/** Bytes of bodies in flight at once; one message may always fly. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** As many windows may wait in line. */
const WAITING_WINDOWS = 10;

export interface PublisherSettings {
  readonly maxMessageBytes: number;
  readonly confirmTimeoutMs: number;
  readonly confirmWindow: number;
  readonly log: BrokerLog;
  onOutcome(exchange: string, outcome: PublishOutcome): void;
  onSample(inFlight: number): void;
  /** Asked for when the broker says that an exchange is missing. */
  declareAgain(): Promise<void>;
}

/**
 * Publishes over whichever channel is there: a bounded window in flight, a bounded line behind it, one timer for all
 * deadlines. What was in flight when its channel went goes back to the head of the line.
 */
export class ConfirmPublisher implements Publisher {
  readonly maxMessageBytes: number;
  readonly #settings: PublisherSettings;
  readonly #line = new WaitingLine<Outgoing>();
  #lineBytes = 0;
  #unsettled = 0;
  #inFlight = 0;
  #inFlightBytes = 0;
  readonly #suspects = new Suspects();
  #connection: ChannelModel | undefined;
  #channel: PublishChannel | undefined;
  #blocked: string | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor(settings: PublisherSettings) {
    this.#settings = settings;
    this.maxMessageBytes = settings.maxMessageBytes;
  }

  get state(): BrokerState {
    if (!this.#connection) return 'disconnected';
    return this.#blocked === undefined ? 'connected' : 'blocked';
  }

  publish<E extends ExchangeName>(
    exchange: E,
    routingKey: string,
    message: WireMessage<KindOn<E>>,
    { mandatory = false, failFast = false, timeoutMs = this.#settings.confirmTimeoutMs }: PublishOptions = {},
  ): Promise<void> {
    const { body, properties } = message;
    const refusal = this.#refusal(exchange, body.length, failFast);
    if (refusal) {
      this.#settings.onOutcome(exchange, 'failed');
      return Promise.reject(refusal);
    }
    // A return is recognised by its message id.
    const messageId = properties.messageId ?? (mandatory ? randomUUID() : undefined);
    const options = toPublishOptions(properties, messageId, mandatory);
    const deadline = Date.now() + timeoutMs;
    return new Promise((resolve, reject) => {
      const outgoing = { exchange, routingKey, body, options, deadline, failFast };
      this.#line.push(new Outgoing(outgoing, resolve, reject));
      this.#lineBytes += body.length;
      this.#unsettled++;
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
      this.#pump();
    });
  }

  connected(connection: ChannelModel): void {
    this.#connection = connection;
    this.#channel = undefined;
    this.#blocked = undefined;
    void this.#openChannel(connection);
  }

  disconnected(reason: string): void {
    this.#connection = undefined;
    this.#channel = undefined;
    this.#blocked = undefined;
    this.#failFast(new HeddleError('broker_unavailable', `the connection to the broker was lost: ${reason}`));
  }

  blocked(reason: string): void {
    this.#blocked = reason;
    this.#failFast(new HeddleError('broker_blocked', `the broker takes no messages: ${reason}`));
  }

  unblocked(): void {
    this.#blocked = undefined;
    this.#pump();
  }

  /** Takes no more messages; resolves when all are settled, those that are not after `timeoutMs` as `shutting_down`. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    if (this.#unsettled > 0) {
      const timer = setTimeout(() => {
        const error = new HeddleError('shutting_down', `not confirmed within ${timeoutMs} ms of closing`);
        for (const outgoing of this.#listUnsettled()) this.#fail(outgoing, 'failed', error);
      }, timeoutMs);
      await new Promise<void>((resolve) => (this.#onEmpty = resolve));
      clearTimeout(timer);
    }
    clearInterval(this.#sweeper);
  }

  #refusal(exchange: string, bytes: number, failFast: boolean): HeddleError | undefined {
    if (this.#closed) return new HeddleError('shutting_down', 'the connection to the broker is closed');
    if (bytes > this.maxMessageBytes) {
      const expected = `expected a body of at most ${this.maxMessageBytes} bytes for ${exchange}`;
      return new HeddleError('message_too_large', `${expected}, got ${bytes}`);
    }
    if (failFast && this.state === 'disconnected') {
      return new HeddleError('broker_unavailable', 'there is no connection to the broker');
    }
    if (failFast && this.#blocked !== undefined) {
      return new HeddleError('broker_blocked', `the broker takes no messages: ${this.#blocked}`);
    }
    const full =
      this.#line.length >= WAITING_WINDOWS * this.#settings.confirmWindow ||
      this.#lineBytes >= WAITING_WINDOWS * WINDOW_BYTES;
    if (full) {
      const waiting = `${this.#line.length} messages of ${this.#lineBytes} bytes`;
      return new HeddleError('overloaded', `${waiting} wait for the broker already`);
    }
    return undefined;
  }

  /** Sends from the line while there is room. */
  #pump(): void {
    const window = this.#suspects.limit ?? this.#settings.confirmWindow;
    while (this.#channel?.ready && this.#blocked === undefined && this.#inFlight < window) {
      const next = this.#line.peek();
      if (!next) return;
      if (this.#inFlight > 0 && this.#inFlightBytes + next.bytes > WINDOW_BYTES) return;
      this.#line.shift();
      this.#lineBytes -= next.bytes;
      if (!next.settled) this.#send(this.#channel, next);
    }
  }

  #send(channel: PublishChannel, outgoing: Outgoing): void {
    outgoing.returned = undefined;
    let written: boolean;
    try {
      written = channel.send(outgoing);
    } catch (error) {
      // amqplib has 64 KiB of room to encode headers in.
      const code = error instanceof RangeError ? 'message_too_large' : 'internal_error';
      const text = `a message for ${outgoing.exchange} cannot be encoded: ${messageOf(error)}`;
      this.#fail(outgoing, 'failed', new HeddleError(code, text, { cause: error }));
      return;
    }
    if (!written) {
      this.#putBack([outgoing]);
      this.#replaceChannel();
      return;
    }
    outgoing.sent = true;
    outgoing.flying = true;
    this.#inFlight++;
    this.#inFlightBytes += outgoing.bytes;
  }

  #putBack(outgoing: readonly Outgoing[]): void {
    this.#line.unshift(outgoing);
    for (const { bytes } of outgoing) this.#lineBytes += bytes;
  }

  #land(outgoing: Outgoing): void {
    if (!outgoing.flying) return;
    outgoing.flying = false;
    this.#inFlight--;
    this.#inFlightBytes -= outgoing.bytes;
  }

  async #openChannel(connection: ChannelModel): Promise<void> {
    const backOff = new BackOff(20, 2_000);
    while (this.#connection === connection && !this.#channel) {
      try {
        const channel = await PublishChannel.open(connection, {
          onConfirm: (outgoing, acked) => this.#onConfirm(outgoing, acked),
          onRoom: () => this.#pump(),
          onClosed: (unconfirmed, error) => this.#onChannelClosed(unconfirmed, error),
        });
        if (this.#connection === connection) this.#channel = channel;
        this.#pump();
      } catch (error) {
        this.#settings.log.debug({ reason: messageOf(error) }, 'cannot open a publishing channel');
        await delay(backOff.next());
      }
    }
  }

  #replaceChannel(): void {
    this.#channel = undefined;
    const connection = this.#connection;
    // Not at once: if the whole connection is going, we are told so within this turn.
    if (connection && !this.#closed) void nextTurn().then(() => this.#openChannel(connection));
  }

  #onChannelClosed(unconfirmed: readonly Outgoing[], error: Error | undefined): void {
    for (const outgoing of unconfirmed) this.#land(outgoing);
    let again = unconfirmed.filter((outgoing) => !outgoing.settled);
    const culprit = error && this.#suspects.narrow(again);
    if (culprit) {
      const text = `the broker refused a message for ${culprit.exchange}: ${error.message}`;
      this.#fail(culprit, 'nacked', new HeddleError('publish_nacked', text, { cause: error }));
      again = again.filter((outgoing) => outgoing !== culprit);
    }
    this.#putBack(again);
    if (!error) return this.#replaceChannel();
    this.#settings.log.warn({ reason: error.message, inFlight: again.length }, 'publishing channel closed');
    this.#channel = undefined;
    const missing = replyCodeOf(error) === replyCode.notFound;
    const repaired = missing ? this.#settings.declareAgain().catch(() => {}) : Promise.resolve();
    void repaired.then(() => this.#replaceChannel());
  }

  #onConfirm(outgoing: Outgoing, acked: boolean): void {
    this.#land(outgoing);
    if (outgoing.settled) return;
    const { exchange, routingKey, returned } = outgoing;
    if (!acked) {
      const error = new HeddleError('publish_nacked', `the broker refused a message for ${exchange}`);
      this.#fail(outgoing, 'nacked', error);
    } else if (returned !== undefined) {
      const text = `no queue is bound to ${exchange} for "${routingKey}" (${returned})`;
      this.#fail(outgoing, 'returned', new HeddleError('publish_returned', text));
    } else {
      outgoing.resolve();
      this.#settings.onOutcome(exchange, 'confirmed');
      this.#afterSettling(outgoing);
    }
  }

  #fail(outgoing: Outgoing, outcome: PublishOutcome, error: HeddleError): void {
    this.#land(outgoing);
    outgoing.reject(error);
    this.#settings.onOutcome(outgoing.exchange, outcome);
    this.#afterSettling(outgoing);
  }

  #afterSettling(outgoing: Outgoing): void {
    if (outgoing.suspect) this.#suspects.acquit();
    this.#unsettled--;
    if (this.#unsettled === 0) this.#onEmpty?.();
  }

  #failFast(error: HeddleError): void {
    for (const outgoing of this.#listUnsettled())
      if (outgoing.failFast) this.#fail(outgoing, 'failed', error);
  }

  #listUnsettled(): Outgoing[] {
    const inFlight = this.#channel?.unconfirmed() ?? [];
    return [...inFlight, ...this.#line.toArray()].filter((outgoing) => !outgoing.settled);
  }

  #sweep(): void {
    const now = Date.now();
    for (const outgoing of this.#listUnsettled()) if (outgoing.deadline <= now) this.#timeOut(outgoing);
    this.#line.keep((outgoing) => !outgoing.settled);
    this.#lineBytes = this.#line.toArray().reduce((sum, { bytes }) => sum + bytes, 0);
    this.#settings.onSample(this.#inFlight);
    this.#pump();
    if (this.#unsettled > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #timeOut(outgoing: Outgoing): void {
    const waited = `a message for ${outgoing.exchange} reached its deadline`;
    if (this.#blocked !== undefined) {
      const error = new HeddleError('broker_blocked', `${waited}: the broker is blocked, ${this.#blocked}`);
      this.#fail(outgoing, 'timed_out', error);
    } else if (!this.#connection) {
      this.#fail(outgoing, 'timed_out', new HeddleError('broker_unavailable', `${waited} without a broker`));
    } else if (outgoing.sent) {
      this.#fail(outgoing, 'timed_out', new HeddleError('confirm_timeout', `${waited} unconfirmed`));
    } else {
      this.#fail(outgoing, 'timed_out', new HeddleError('overloaded', `${waited} while waiting in line`));
    }
  }
}
