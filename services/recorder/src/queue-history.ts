/** What one look at a queue saw. */
export interface QueueSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ready: number;
  /** Jobs of the task that have ever ended and are still known; undefined: nobody counts what leaves this queue. */
  readonly ended: number | undefined;
}

/** The pace is that of the last minute. */
const PACE_MS = 60_000;

/** A queue over time: how old what waits can be, and how fast it gets less. */
export class QueueHistory {
  readonly #samples: QueueSample[] = [];
  /** No message that waits is older; undefined: it has held some since before we looked. */
  #emptyAt: number | undefined;
  /** How many a second left while some waited; undefined: none ever waited at two looks in a row. */
  #pace: number | undefined;

  add(sample: QueueSample): void {
    if (sample.ready === 0) this.#emptyAt = sample.at;
    this.#samples.push(sample);
    while ((this.#samples[1]?.at ?? Number.POSITIVE_INFINITY) <= sample.at - PACE_MS) this.#samples.shift();
    this.#measurePace();
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

  /**
   * Seconds until the queue is empty at this pace; undefined until there is a pace to speak of. Looked at is the time during which
   * some waited: before a burst jobs ended as they came, which says nothing of how fast they can. At the beginning of one the
   * pace of the last one is all that is known.
   */
  drainSeconds(): number | undefined {
    const ready = this.#samples.at(-1)?.ready;
    if (ready === undefined) return undefined;
    if (ready === 0) return 0;
    return this.#pace === undefined ? undefined : ready / this.#pace;
  }

  #measurePace(): void {
    let left = 0;
    let seconds = 0;
    for (const [index, now] of this.#samples.entries()) {
      const before = this.#samples[index - 1];
      if (!before || before.ready === 0 || now.ready === 0) continue;
      left += leftBetween(before, now);
      seconds += (now.at - before.at) / 1_000;
    }
    if (seconds > 0) this.#pace = left / seconds;
  }
}

/** Of a queue where nobody counts, only what it got shorter by is known to have left: the pace may be better than it looks. */
function leftBetween(before: QueueSample, now: QueueSample): number {
  if (before.ended === undefined || now.ended === undefined) return Math.max(0, before.ready - now.ready);
  // Jobs that are replayed, or too old to keep, leave the count.
  return Math.max(0, now.ended - before.ended);
}
