import { isTerminal, type RecorderReplies } from '@heddle/contracts';

/** A rate over a longer time says nothing about now. */
const LONGEST_MS = 60_000;

/** How fast the jobs of each task end, from two looks at the recorder's counts. */
export class EndRates {
  #before: { readonly at: number; readonly ended: ReadonlyMap<string, number> } | undefined;

  /** Gives each task's jobs a second since the last look; null when that is too long ago, or there was none. */
  measure(counts: RecorderReplies['counts'], now = Date.now()): (task: string) => number | null {
    const ended = new Map<string, number>();
    for (const { task, state, count } of counts) {
      if (isTerminal(state)) ended.set(task, (ended.get(task) ?? 0) + count);
    }
    const before = this.#before;
    this.#before = { at: now, ended };
    const ms = before === undefined ? Number.POSITIVE_INFINITY : now - before.at;
    if (before === undefined || ms <= 0 || ms > LONGEST_MS) return () => null;
    return (task) => {
      const more = (ended.get(task) ?? 0) - (before.ended.get(task) ?? 0);
      // Jobs that are replayed, or too old to keep, leave the counts.
      return Math.max(0, Math.round((more / ms) * 10_000) / 10);
    };
  }
}
