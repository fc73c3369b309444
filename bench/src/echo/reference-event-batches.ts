import { randomUUID } from 'node:crypto';
import type { ConfirmChannel } from 'amqplib';
import { reference } from '../queues/reference-queues.ts';
import type { ReferenceEvent } from './reference-messages.ts';

const MOST_EVENTS = 100;

/**
 * Publishes events in batches by Heddle's rule: at once while no batch awaits its confirm, else as soon as that comes
 * or 100 are waiting. `onConfirmed` hears how many events, in the order they were added, the broker has confirmed.
 */
export class ReferenceEventBatches {
  readonly #channel: ConfirmChannel;
  readonly #onConfirmed: (count: number) => void;
  #waiting: ReferenceEvent[] = [];
  #inFlight = 0;
  #scheduled = false;

  constructor(channel: ConfirmChannel, onConfirmed: (count: number) => void) {
    this.#channel = channel;
    this.#onConfirmed = onConfirmed;
  }

  add(event: ReferenceEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length >= MOST_EVENTS) this.#flush();
    else if (this.#inFlight === 0) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#waiting;
    if (batch.length === 0) return;
    this.#waiting = [];
    this.#inFlight += 1;
    const options = {
      contentType: 'application/json',
      type: 'events',
      messageId: randomUUID(),
      timestamp: Math.floor(Date.now() / 1_000),
      deliveryMode: 2,
    };
    const body = Buffer.from(JSON.stringify(batch));
    this.#channel.publish(reference.events, reference.eventKey, body, options, (error: unknown) => {
      if (error) throw new Error('the broker refused a batch of events', { cause: error });
      this.#inFlight -= 1;
      this.#onConfirmed(batch.length);
      if (this.#inFlight === 0) this.#flush();
    });
  }
}
