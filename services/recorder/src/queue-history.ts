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

  /**
   * Seconds until the queue is empty at this pace; undefined until there is a pace to speak of. Looked at is the time during which
   * some waited: before a burst jobs ended as they came, which says nothing of how fast they can.
   */
  drainSeconds(): number | undefined {
    const last = this.#samples.at(-1);
    if (!last) return undefined;
    if (last.ready === 0) return 0;
    const steps = this.#samples
      .slice(1)
      .map((now, index) => stepOf(this.#samples[index] as QueueSample, now));
    if (steps.length === 0) return undefined;
    const busy = steps.filter(({ waited }) => waited);
    const counted = busy.length > 0 ? busy : steps;
    const left = counted.reduce((sum, step) => sum + step.left, 0);
    const seconds = counted.reduce((sum, step) => sum + step.seconds, 0);
    return left === 0 ? Number.POSITIVE_INFINITY : (last.ready * seconds) / left;
  }
}

/** From one look to the next: how long, how many left the queue, and whether some waited all along, as far as looks can tell. */
function stepOf(before: QueueSample, now: QueueSample): { seconds: number; left: number; waited: boolean } {
  return {
    seconds: (now.at - before.at) / 1_000,
    left: leftBetween(before, now),
    waited: before.ready > 0 && now.ready > 0,
  };
}

/** Of a queue where nobody counts, only what it got shorter by is known to have left: the pace may be better than it looks. */
function leftBetween(before: QueueSample, now: QueueSample): number {
  if (before.ended === undefined || now.ended === undefined) return Math.max(0, before.ready - now.ready);
  // Jobs that are replayed, or too old to keep, leave the count.
  return Math.max(0, now.ended - before.ended);
}
