import { randomUUID } from 'node:crypto';
import { HeddleError, type JobEvent, joinEvents, MAX_EVENTS_PER_MESSAGE } from '@heddle/contracts';
import type { Publisher, PublishOptions } from './broker.ts';

export interface EventPublisherOptions {
  /** Default: `heddle.events`. */
  readonly exchange?: 'heddle.events' | 'heddle.webhooks' | undefined;
  /** Asked at each flush for events to go along; nobody waits for those. */
  readonly onFlush?: (() => readonly JobEvent[]) | undefined;
  /** How each batch is published. */
  readonly publish?: PublishOptions | undefined;
}

/** UTF-8 takes at most three bytes for each of a string's units. */
const BYTES_PER_UNIT = 3;

/**
 * Batches events without a timer: flushes at once when no event is on its way to the broker, else gathers until that
 * confirm returns or 100 events wait. So an idle system waits for nothing, and a busy one sends full batches.
 */
export class EventPublisher {
  readonly #publisher: Publisher;
  readonly #exchange: 'heddle.events' | 'heddle.webhooks';
  readonly #onFlush: () => readonly JobEvent[];
  readonly #publish: PublishOptions | undefined;
  #gathering = new Batch();
  #scheduled = false;
  #nudged = false;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(publisher: Publisher, options: EventPublisherOptions = {}) {
    this.#publisher = publisher;
    this.#exchange = options.exchange ?? 'heddle.events';
    this.#onFlush = options.onFlush ?? (() => []);
    this.#publish = options.publish;
  }

  /**
   * Resolves when the event's batch is confirmed. Rejects as `Publisher.publish` does; an event that is too large by
   * itself is refused alone.
   */
  add(event: JobEvent): Promise<void> {
    const text = JSON.stringify(event);
    const { maxMessageBytes } = this.#publisher;
    if (text.length * BYTES_PER_UNIT + 2 > maxMessageBytes && Buffer.byteLength(text) + 2 > maxMessageBytes) {
      const expected = `expected an event of at most ${maxMessageBytes} bytes`;
      const error = new HeddleError('message_too_large', `${expected}, got ${Buffer.byteLength(text)}`);
      return Promise.reject(error);
    }
    const roomLeft = Math.floor(maxMessageBytes / BYTES_PER_UNIT) - this.#gathering.units;
    if (text.length + 2 > roomLeft && this.#gathering.size > 0) this.#send();
    const batch = this.#gathering;
    batch.add(text, event.at);
    if (batch.size >= MAX_EVENTS_PER_MESSAGE) this.#send();
    else this.#schedule();
    return batch.sent;
  }

  async addAll(events: readonly JobEvent[]): Promise<void> {
    await Promise.all(new Set(events.map((event) => this.add(event))));
  }

  /** Flushes soon, even if nothing was added, for the sake of `onFlush`. */
  nudge(): void {
    this.#nudged = true;
    this.#schedule();
  }

  /** Resolves when everything added so far is confirmed; rejects if any of it was not. */
  async flush(): Promise<void> {
    this.#send();
    await Promise.all(this.#inFlight);
  }

  /** Waits for the end of the running microtasks, so that what is added together travels together. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight.size > 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#inFlight.size === 0) this.#send();
    });
  }

  #send(): void {
    if (this.#gathering.size === 0 && !this.#nudged) return;
    this.#nudged = false;
    const batch = this.#gathering;
    this.#gathering = new Batch();
    const joining = this.#onFlush();
    batch.addFirst(joining);
    if (batch.size === 0) return;
    const message = joinEvents(batch.texts, randomUUID(), batch.at);
    const publishing = this.#publisher.publish(this.#exchange, 'event', message, this.#publish);
    this.#inFlight.add(publishing);
    void this.#settle(batch, publishing);
  }

  async #settle(batch: Batch, publishing: Promise<void>): Promise<void> {
    try {
      await publishing;
      batch.resolve();
    } catch (error) {
      batch.reject(error);
    }
    this.#inFlight.delete(publishing);
    if (this.#gathering.size > 0 || this.#nudged) this.#schedule();
  }
}

/** Events that travel as one message, and the promise that those who added them share. */
class Batch {
  texts: string[] = [];
  /** Milliseconds since the epoch, of its first event. */
  at = 0;
  /** Length of the texts, in UTF-16 units. */
  units = 0;
  readonly sent: Promise<void>;
  resolve!: () => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.sent = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever adds may rely on `flush` to hear of a failure.
    this.sent.catch(() => {});
  }

  get size(): number {
    return this.texts.length;
  }

  add(text: string, at: number): void {
    if (this.texts.length === 0) this.at = at;
    this.texts.push(text);
    this.units += text.length + 1;
  }

  addFirst(events: readonly JobEvent[]): void {
    const [first] = events;
    if (!first) return;
    this.at = first.at;
    this.texts = [...events.map((event) => JSON.stringify(event)), ...this.texts];
  }
}
