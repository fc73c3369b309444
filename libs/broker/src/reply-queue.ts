import { HeddleError, type ReceivedMessage } from '@heddle/contracts';
import type { Delivery, ReplyQueue } from './broker.ts';
import { waitAtMost } from './wait-at-most.ts';

/** How long after its loss the queue is waited for: most connections are back by then. */
const RETURN_MS = 2_000;
const MOST_WAITING = 10_000;

interface Waiting {
  resolve(message: ReceivedMessage): void;
  reject(error: Error): void;
}

/** Hands replies to those who wait for them, by correlation id. A reply that nobody waits for is dropped. */
export class ReplyDesk implements ReplyQueue {
  readonly #waiting = new Map<string, Waiting>();
  readonly #resultListeners = new Set<(message: ReceivedMessage) => void>();
  /** A binding key of the queue. Stays the same, unless queues are not ours to declare and another one had to be taken. */
  name: string;
  #bound = new Gate();
  /** Milliseconds since the epoch; undefined while the queue is there. */
  #goneSince: number | undefined = Date.now();

  constructor(name: string) {
    this.name = name;
  }

  /** Resolves when a reply would find the queue; rejects with `broker_unavailable` if it is not back soon after its loss. */
  async awaitReturn(): Promise<void> {
    const waitMs = this.#goneSince === undefined ? 0 : this.#goneSince + RETURN_MS - Date.now();
    if (waitMs > 0) await waitAtMost(waitMs, this.#bound.opened);
    if (this.#goneSince === undefined) return;
    throw new HeddleError('broker_unavailable', 'the queue of replies went with its connection');
  }

  /** The queue is on the broker, and bound with this key. */
  opened(name: string): void {
    this.name = name;
    this.#goneSince = undefined;
    this.#bound.open();
  }

  wait(correlationId: string, timeoutMs: number, signal?: AbortSignal): Promise<ReceivedMessage> {
    if (this.#waiting.size >= MOST_WAITING) {
      return Promise.reject(new HeddleError('overloaded', `${MOST_WAITING} wait for a reply already`));
    }
    if (this.#waiting.has(correlationId)) {
      const error = new HeddleError('internal_error', `somebody waits for reply ${correlationId} already`);
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(abandoned(signal));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => settle(() => reject(abandoned(signal)));
      const timer = setTimeout(() => {
        settle(() => reject(new HeddleError('recorder_unavailable', `no reply within ${timeoutMs} ms`)));
      }, timeoutMs);
      const settle = (how: () => void): void => {
        this.#waiting.delete(correlationId);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(correlationId, {
        resolve: (message) => settle(() => resolve(message)),
        reject: (error) => settle(() => reject(error)),
      });
    });
  }

  onResults(listener: (message: ReceivedMessage) => void): () => void {
    this.#resultListeners.add(listener);
    return () => this.#resultListeners.delete(listener);
  }

  onDelivery(delivery: Delivery): void {
    delivery.ack();
    const { correlationId, type } = delivery.message.properties;
    if (type === 'results') {
      for (const listener of this.#resultListeners) listener(delivery.message);
      return;
    }
    if (correlationId !== undefined) this.#waiting.get(correlationId)?.resolve(delivery.message);
  }

  /** The queue went, and with it the replies that were on their way. */
  abandon(reason: string): void {
    if (this.#goneSince === undefined) {
      this.#goneSince = Date.now();
      this.#bound = new Gate();
    }
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new HeddleError('recorder_unavailable', reason));
    }
  }
}

/** Closed until it is opened. */
class Gate {
  readonly opened: Promise<void>;
  #resolve!: () => void;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open(): void {
    this.#resolve();
  }
}

function abandoned(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('the wait was abandoned', { cause: reason });
}
