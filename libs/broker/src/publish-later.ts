import { delayName, HeddleError, header, jobQueue, rungFor, type WireMessage } from '@heddle/contracts';
import type { Publisher, PublishOptions } from './broker.ts';

export interface LadderBroker {
  /** Makes a rung, on this broker connection and each later one. */
  declare(rungMs: number): Promise<void>;
  exists(queue: string): Promise<boolean>;
}

/**
 * Delays by the broker's own clock: one hop through a queue whose messages all rest equally long, so that none waits
 * behind another. Rungs are made when they are first needed, and stay.
 */
export class DelayLadder {
  readonly #publisher: Publisher;
  readonly #broker: LadderBroker;
  /** Kept even while they are being made, so that a burst asks for each once. */
  readonly #rungs = new Map<number, Promise<void>>();
  readonly #tasks = new Set<string>();

  constructor(publisher: Publisher, broker: LadderBroker) {
    this.#publisher = publisher;
    this.#broker = broker;
  }

  async publish(
    job: WireMessage<'job'>,
    task: string,
    delayMs: number,
    options?: PublishOptions,
  ): Promise<void> {
    const rungMs = rungFor(delayMs);
    if (rungMs === undefined) {
      const now = dueAt(job, Date.now() + Math.max(0, Math.round(delayMs)));
      return this.#publisher.publish('heddle.submit', task, now, { ...options, mandatory: true });
    }
    await Promise.all([this.#requireQueue(task), this.#requireRung(rungMs)]);
    await this.#publisher.publish(delayName(rungMs), task, dueAt(job, Date.now() + rungMs), {
      ...options,
      mandatory: true,
    });
  }

  /** Asked before the rest, because afterwards nobody could be told: the broker would set the job aside as unroutable. */
  async #requireQueue(task: string): Promise<void> {
    if (this.#tasks.has(task)) return;
    if (!(await this.#broker.exists(jobQueue(task)))) {
      throw new HeddleError('publish_returned', `there is no queue for jobs of "${task}"`);
    }
    this.#tasks.add(task);
  }

  #requireRung(rungMs: number): Promise<void> {
    let made = this.#rungs.get(rungMs);
    if (!made) {
      made = this.#broker.declare(rungMs);
      this.#rungs.set(rungMs, made);
      made.catch(() => this.#rungs.delete(rungMs));
    }
    return made;
  }
}

/** The message, with the time at which it comes back written on it. */
function dueAt(job: WireMessage<'job'>, time: number): WireMessage<'job'> {
  const headers = { ...job.properties.headers, [header.dueAt]: time };
  return { ...job, properties: { ...job.properties, headers } };
}
