import { setTimeout as pause } from 'node:timers/promises';
import type { Broker, BrokerLog, Consumer, Delivery } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { decodeEvents, queues } from '@heddle/contracts';
import { EventRing } from './event-ring.ts';
import { LogEntry } from './log-entry.ts';

/** The stream that live events are read from. */
export const EVENT_LOG = 'heddle.events.log';
/** Enough for some seconds of a busy system; slower readers are dropped, later resumes read the stream themselves. */
const RING = { maxBytes: 8 * 1024 * 1024, maxItems: 20_000 };
/** How long the tail goes on without a reader: somebody who reloads a page resumes from memory. */
const LINGER_MS = 30_000;
const ASK_MS = 2_000;
/** How soon a recorder that is away is asked again whether the log is still the same. */
const ASK_AGAIN_MS = 1_000;

export interface LiveEventsOptions {
  readonly broker: Pick<Broker, 'consume' | 'onReconnect'>;
  readonly recorder: Pick<RecorderClient, 'ask'>;
  readonly log: BrokerLog;
  readonly lingerMs?: number | undefined;
  readonly ring?: { readonly maxBytes: number; readonly maxItems: number } | undefined;
}

/**
 * The tail of the event log: one consumer for all readers of this gateway, started by the first and stopped a while
 * after the last, and a ring of what came lately.
 */
export class LiveEvents {
  readonly ring: EventRing;
  readonly #options: LiveEventsOptions;
  readonly #readers = new Set<() => void>();
  readonly #stopWatching: () => void;
  #tail: Promise<Consumer> | undefined;
  /** Of the stream that the tail reads. */
  #tailEpoch: string | undefined;
  #epoch: Promise<string> | undefined;
  #lastOffset: number | undefined;
  #position = 0;
  #lagMs = 0;
  /** Readers that were let go because they read too slowly. */
  dropped = 0;
  #linger: NodeJS.Timeout | undefined;

  constructor(options: LiveEventsOptions) {
    this.#options = options;
    this.ring = new EventRing(options.ring ?? RING);
    this.#stopWatching = options.broker.onReconnect(() => void this.#afterReconnect());
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Offset of the newest message of the log that was read here; 0 before the first. */
  get position(): number {
    return this.#position;
  }

  /** How late the newest message was when it came, in milliseconds; 0 while nobody listens. */
  get lagMs(): number {
    return this.#tail ? this.#lagMs : 0;
  }

  /**
   * Starts the tail if needed. Resolves with the stream's epoch once everything that happens from now on will come
   * into the ring, each time followed by a call of `wake`. Rejects with the recorder's or the broker's error.
   */
  async join(wake: () => void): Promise<string> {
    clearTimeout(this.#linger);
    this.#readers.add(wake);
    try {
      const epoch = await this.#currentEpoch();
      await (this.#tail ??= this.#startTail(epoch));
      return epoch;
    } catch (error) {
      this.leave(wake);
      throw error;
    }
  }

  leave(wake: () => void): void {
    this.#readers.delete(wake);
    if (this.#readers.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => void this.#stopTail(), this.#options.lingerMs ?? LINGER_MS);
    this.#linger.unref();
  }

  /** A consumer of the log of one's own, from that offset. */
  readFrom(offset: number, onDelivery: (delivery: Delivery) => void): Promise<Consumer> {
    return this.#options.broker.consume(EVENT_LOG, { prefetch: 50, streamOffset: offset }, onDelivery);
  }

  /** The entry of a delivery; undefined, after a remark in the log, when it cannot be read. */
  entryOf(delivery: Delivery, epoch: string): LogEntry | undefined {
    const { message, streamOffset } = delivery;
    const events = decodeEvents(message);
    if (events.ok && streamOffset !== undefined) {
      return new LogEntry(epoch, streamOffset, events.value, message.body.length);
    }
    const reason = events.ok ? 'without an offset' : events.reason;
    this.#options.log.warn({ reason, offset: streamOffset }, 'a message of the event log cannot be read');
    return undefined;
  }

  async close(): Promise<void> {
    this.#stopWatching();
    clearTimeout(this.#linger);
    await this.#stopTail();
  }

  #currentEpoch(): Promise<string> {
    if (!this.#epoch) {
      const asked = this.#askEpoch();
      this.#epoch = asked;
      asked.catch(() => {
        if (this.#epoch === asked) this.#epoch = undefined;
      });
    }
    return this.#epoch;
  }

  /** Twice: a question that was put in the moment of a reconnect may have lost its answer. */
  async #askEpoch(): Promise<string> {
    const ask = async () => {
      const { epoch } = await this.#options.recorder.ask({ op: 'stream-epoch' }, { timeoutMs: ASK_MS });
      return epoch;
    };
    return ask().catch(ask);
  }

  async #startTail(epoch: string): Promise<Consumer> {
    this.#lastOffset = undefined;
    this.#tailEpoch = epoch;
    try {
      const { prefetch } = queues[EVENT_LOG];
      return await this.#options.broker.consume(EVENT_LOG, { prefetch, streamOffset: 'next' }, (delivery) => {
        delivery.ack();
        this.#take(delivery, epoch);
      });
    } catch (error) {
      this.#tail = undefined;
      throw error;
    }
  }

  #take(delivery: Delivery, epoch: string): void {
    const entry = this.entryOf(delivery, epoch);
    if (!entry) return;
    if (this.#lastOffset !== undefined && entry.offset <= this.#lastOffset) return;
    if (this.#lastOffset !== undefined && entry.offset > this.#lastOffset + 1) {
      this.ring.push({ gap: 'the gateway was away from the broker longer than the log goes back' });
    }
    this.#lastOffset = entry.offset;
    this.#position = entry.offset;
    this.#lagMs = Math.max(0, Date.now() - (entry.events.at(-1)?.at ?? Date.now()));
    this.ring.push(entry);
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    for (const wake of this.#readers) wake();
  }

  async #stopTail(): Promise<void> {
    const tail = this.#tail;
    this.#tail = undefined;
    this.ring.clear();
    const consumer = await tail?.catch(() => undefined);
    await consumer?.close().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'the consumer of the event log could not be closed');
    });
  }

  /** The stream may have been made anew meanwhile: the tail would wait for offsets that never come. */
  async #afterReconnect(): Promise<void> {
    this.#epoch = undefined;
    while (this.#tail) {
      const epoch = await this.#currentEpoch().catch(() => undefined);
      if (epoch === undefined) await pause(ASK_AGAIN_MS, undefined, { ref: false });
      else if (epoch === this.#tailEpoch) return;
      else return this.#startAnew();
    }
  }

  /** For the readers that there are: they have joined already, and nobody else would start a tail for them. */
  async #startAnew(): Promise<void> {
    await this.#stopTail();
    this.ring.push({ gap: 'the event log was made anew' });
    this.#wakeReaders();
    while (this.#readers.size > 0) {
      try {
        const epoch = await this.#currentEpoch();
        await (this.#tail ??= this.#startTail(epoch));
        return;
      } catch (error) {
        this.#options.log.warn({ err: error }, 'the event log cannot be consumed');
        await pause(ASK_AGAIN_MS, undefined, { ref: false });
      }
    }
  }
}
