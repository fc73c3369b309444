import type { Broker } from '@heddle/broker';
import type { Job, QueueName } from '@heddle/contracts';

/** Redeliveries that a lost connection explains are expected for so long after it. */
const EXPLAINED_MS = 60_000;

/**
 * Tells jobs that come again because the broker was away from those that may have taken a worker down: this worker lost
 * its subscription a moment ago and lives, so what had been accepted until then is innocent at first sight. Otherwise a
 * restart of the broker would send everybody's jobs through the queue of suspects, one at a time. A job that does take
 * workers down can take one that was interrupted with it, but no more than once: its successor was not.
 */
export class Interruptions {
  readonly #broker: Pick<Broker, 'health'>;
  readonly #queue: QueueName;
  #subscribedAt: number | undefined;

  constructor(broker: Pick<Broker, 'health'>, queue: QueueName) {
    this.#broker = broker;
    this.#queue = queue;
  }

  /** The worker has subscribed by its own choice. */
  subscribed(): void {
    this.#subscribedAt = this.#since();
  }

  explain({ acceptedAt }: Pick<Job, 'acceptedAt'>, now: number = Date.now()): boolean {
    const since = this.#since();
    if (since === undefined || this.#subscribedAt === undefined || since <= this.#subscribedAt) return false;
    return acceptedAt <= since && now - since < EXPLAINED_MS;
  }

  #since(): number | undefined {
    return this.#broker.health().consumers.find(({ queue }) => queue === this.#queue)?.since;
  }
}
