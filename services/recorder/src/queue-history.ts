/** What one look at a queue saw. */
export interface QueueSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ready: number;
  /** Jobs of the task that have ever ended and are still known. */
  readonly ended: number;
}

/** The pace is that of the last minute. */
const PACE_MS = 60_000;

/** A queue over time: how old what waits can be, and how fast it gets less. */
export class QueueHistory {
  readonly #samples: QueueSample[] = [];
  /** No message that waits is older; undefined: it has held some since before we looked. */
  #emptyAt: number | undefined;

  add(sample: QueueSample): void {
    if (sample.ready === 0) this.#emptyAt = sample.at;
    this.#samples.push(sample);
    while ((this.#samples[1]?.at ?? Number.POSITIVE_INFINITY) <= sample.at - PACE_MS) this.#samples.shift();
  }

  /**
   * Age of the oldest message that waits, in milliseconds. `recordedAt`: since when the oldest job waits that the recorder
   * knows of; a recorder that is behind takes jobs for waiting that have long run, and does not know of some that wait.
   */
  oldestMs(recordedAt: number | undefined): number {
    const newest = this.#samples.at(-1);
    if (!newest || newest.ready === 0) return 0;
    const since = Math.max(this.#emptyAt ?? 0, recordedAt ?? 0) || (this.#samples[0]?.at ?? newest.at);
    return Math.max(0, newest.at - since);
  }

  /** Seconds until the queue is empty at this pace; undefined until there is a pace to speak of. */
  drainSeconds(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last) return undefined;
    if (last.ready === 0) return 0;
    if (last.at === first.at) return undefined;
    let ended = 0;
    for (const [index, { ended: now }] of this.#samples.entries()) {
      // Jobs that are replayed, or too old to keep, leave the count.
      if (index > 0) ended += Math.max(0, now - (this.#samples[index - 1] as QueueSample).ended);
    }
    return ended === 0 ? Number.POSITIVE_INFINITY : (last.ready * (last.at - first.at)) / 1_000 / ended;
  }
}
