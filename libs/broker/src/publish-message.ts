import { randomUUID } from 'node:crypto';
import { type ExchangeName, HeddleError, type KindOn, type WireMessage } from '@heddle/contracts';
import type { ChannelModel } from 'amqplib';
import type {
  BrokerLoad,
  BrokerLog,
  BrokerState,
  Publisher,
  PublishOptions,
  PublishOutcome,
} from './broker.ts';
import { Suspects } from './isolate-suspects.ts';
import { PublishChannelKeeper } from './keep-publish-channel.ts';
import { Outgoing } from './outgoing.ts';
import type { PublishChannel } from './publish-channel.ts';
import {
  type ChannelState,
  cannotBeEncoded,
  closedTheChannel,
  connectionLost,
  isBlocked,
  lineIsFull,
  nacked,
  notNow,
  returned,
  timedOut,
  tooLarge,
} from './publish-failures.ts';
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
  /** Seconds from sending to the confirm, of one message after the other. */
  onTimed(seconds: number): void;
  /** Asked for when the broker says that an exchange is missing. */
  readonly declareAgain: () => Promise<void>;
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
  readonly #keeper: PublishChannelKeeper;
  #blocked: string | undefined;
  /** No deadline of an unsettled message is earlier. */
  #nextDeadline = Number.POSITIVE_INFINITY;
  #sweeper: NodeJS.Timeout | undefined;
  /** The message whose confirm is being timed: one at a time. */
  #timed: Outgoing | undefined;
  #timedSince = 0;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor(settings: PublisherSettings) {
    this.#settings = settings;
    this.maxMessageBytes = settings.maxMessageBytes;
    this.#keeper = new PublishChannelKeeper(
      {
        onConfirm: (outgoing, acked) => this.#onConfirm(outgoing, acked),
        onRoom: () => this.#pump(),
        onClosed: (unconfirmed, error) => this.#onChannelClosed(unconfirmed, error),
      },
      settings.declareAgain,
      settings.log,
    );
  }

  get state(): BrokerState {
    if (!this.#keeper.isConnected) return 'disconnected';
    return this.#blocked === undefined ? 'connected' : 'blocked';
  }

  load(): BrokerLoad {
    return { inFlight: this.#inFlight, waiting: this.#line.length };
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
      this.#nextDeadline = Math.min(this.#nextDeadline, deadline);
      this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS);
      this.#pump();
    });
  }

  connected(connection: ChannelModel): void {
    this.#blocked = undefined;
    this.#keeper.connected(connection);
  }

  disconnected(reason: string): void {
    this.#blocked = undefined;
    this.#keeper.disconnected();
    this.#failFast(connectionLost(reason));
  }

  blocked(reason: string): void {
    this.#blocked = reason;
    this.#failFast(isBlocked(reason));
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
    if (bytes > this.maxMessageBytes) return tooLarge(exchange, this.maxMessageBytes, bytes);
    const full =
      this.#line.length >= WAITING_WINDOWS * this.#settings.confirmWindow ||
      this.#lineBytes >= WAITING_WINDOWS * WINDOW_BYTES;
    if (full) return lineIsFull(this.#line.length, this.#lineBytes);
    return failFast ? notNow(this.#channelState()) : undefined;
  }

  /** Sends from the line while there is room. */
  #pump(): void {
    const { channel } = this.#keeper;
    if (!channel || this.#blocked !== undefined) return;
    const window = this.#suspects.limit ?? this.#settings.confirmWindow;
    while (this.#inFlight < window && channel.ready) {
      const next = this.#line.peek();
      if (!next) return;
      if (this.#inFlight > 0 && this.#inFlightBytes + next.bytes > WINDOW_BYTES) return;
      this.#line.shift();
      this.#lineBytes -= next.bytes;
      if (!next.settled) this.#send(channel, next);
    }
  }

  #send(channel: PublishChannel, outgoing: Outgoing): void {
    outgoing.returned = undefined;
    try {
      if (!channel.send(outgoing)) {
        this.#putBack([outgoing]);
        this.#keeper.replace(channel);
        return;
      }
    } catch (error) {
      this.#fail(outgoing, 'failed', cannotBeEncoded(outgoing, error));
      return;
    }
    if (this.#timed === undefined) {
      this.#timed = outgoing;
      this.#timedSince = performance.now();
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

  #onChannelClosed(unconfirmed: readonly Outgoing[], error: Error | undefined): void {
    this.#timed = undefined;
    for (const outgoing of unconfirmed) this.#land(outgoing);
    let again = unconfirmed.filter((outgoing) => !outgoing.settled);
    if (error) {
      this.#settings.log.warn({ reason: error.message, inFlight: again.length }, 'publishing channel closed');
      const culprit = this.#suspects.narrow(again);
      if (culprit) {
        this.#fail(culprit, 'nacked', closedTheChannel(culprit, error));
        again = again.filter((outgoing) => outgoing !== culprit);
      }
    }
    this.#putBack(again);
  }

  #onConfirm(outgoing: Outgoing, acked: boolean): void {
    if (outgoing === this.#timed) {
      this.#timed = undefined;
      this.#settings.onTimed((performance.now() - this.#timedSince) / 1_000);
    }
    this.#land(outgoing);
    if (outgoing.settled) return;
    if (!acked) {
      this.#fail(outgoing, 'nacked', nacked(outgoing));
    } else if (outgoing.returned !== undefined) {
      this.#fail(outgoing, 'returned', returned(outgoing, outgoing.returned));
    } else {
      outgoing.resolve();
      this.#settings.onOutcome(outgoing.exchange, 'confirmed');
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
    const inFlight = this.#keeper.channel?.unconfirmed() ?? [];
    return [...inFlight, ...this.#line.toArray()].filter((outgoing) => !outgoing.settled);
  }

  #sweep(): void {
    if (Date.now() >= this.#nextDeadline) this.#timeOutOverdue();
    if (this.#unsettled > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #timeOutOverdue(): void {
    const now = Date.now();
    const state = this.#channelState();
    this.#nextDeadline = Number.POSITIVE_INFINITY;
    for (const outgoing of this.#listUnsettled()) {
      if (outgoing.deadline <= now) this.#fail(outgoing, 'timed_out', timedOut(outgoing, state));
      else this.#nextDeadline = Math.min(this.#nextDeadline, outgoing.deadline);
    }
    this.#line.keep((outgoing) => !outgoing.settled);
    this.#lineBytes = this.#line.toArray().reduce((sum, { bytes }) => sum + bytes, 0);
    this.#pump();
  }

  #channelState(): ChannelState {
    return { isConnected: this.#keeper.isConnected, blocked: this.#blocked };
  }
}
