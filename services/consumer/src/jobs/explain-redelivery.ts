import { type Broker, isAtLeast } from '@heddle/broker';
import type { Job, QueueName, ReceivedMessage } from '@heddle/contracts';

/** Redeliveries that a lost connection explains are expected for so long after it. */
const EXPLAINED_MS = 60_000;

/**
 * Tells jobs that come again because the broker was away from those that may have taken a worker down: this worker lost
 * its subscription a moment ago and lives, so what had been accepted until then is innocent at first sight. Otherwise a
 * restart of the broker would send everybody's jobs through the queue of suspects, one at a time. A job that does take
 * workers down can take one that was interrupted with it, but no more than once: its successor was not.
 */
export class Interruptions {
  readonly #broker: Pick<Broker, 'health' | 'version'>;
  readonly #queue: QueueName;
  #subscribedAt: number | undefined;

  constructor(broker: Pick<Broker, 'health' | 'version'>, queue: QueueName) {
    this.#broker = broker;
    this.#queue = queue;
  }

  /** The worker has subscribed by its own choice. */
  subscribed(): void {
    this.#subscribedAt = this.#since();
  }

  /** Whether there is a reason for which the job comes again, other than that it took somebody down. */
  explain(
    message: Pick<ReceivedMessage, 'properties'>,
    { acceptedAt }: Pick<Job, 'acceptedAt'>,
    now: number = Date.now(),
  ): boolean {
    if (this.#wasNeverLost(message)) return true;
    const since = this.#since();
    if (since === undefined || this.#subscribedAt === undefined || since <= this.#subscribedAt) return false;
    return acceptedAt <= since && now - since < EXPLAINED_MS;
  }

  /**
   * From 4.3 the broker counts how often it handed a message out, and how often that came to nothing because the consumer's channel
   * went. What was on its way to a consumer that is cancelled, for another prefetch, comes again too: but it was never lost.
   */
  #wasNeverLost({ properties: { headers } }: Pick<ReceivedMessage, 'properties'>): boolean {
    if (headers?.['x-acquired-count'] === undefined || !isAtLeast(this.#broker.version, 4, 3)) return false;
    return headers['x-delivery-count'] === undefined;
  }

  #since(): number | undefined {
    return this.#broker.health().consumers.find(({ queue }) => queue === this.#queue)?.since;
  }
}
