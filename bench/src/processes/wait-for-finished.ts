import type { RecorderClient } from '@heddle/client';
import { isTerminal } from '@heddle/contracts';

const STUCK_MS = 60_000;
/** Between two questions: half of what is left by the pace since the last one, within these. */
const LEAST_MS = 5;
const MOST_MS = 100;
/** As long as no pace is known. */
const USUAL_MS = 40;

/**
 * Asks for the recorder's counts until that many jobs have ended: seldom at first, for each question is work, and towards
 * the end so often that it is late by some milliseconds at most. With `'succeeded'`, a job that ended otherwise is an
 * error; so is a minute without progress.
 */
export async function waitForFinished(
  recorder: RecorderClient,
  target: number,
  expected: 'any' | 'succeeded' = 'succeeded',
): Promise<void> {
  let last: { readonly finished: number; readonly at: number } | undefined;
  for (;;) {
    const counts = await recorder.ask({ op: 'counts' }, { timeoutMs: STUCK_MS });
    const ended = counts.filter(({ state }) => isTerminal(state));
    const wrong = ended.find(({ state }) => expected === 'succeeded' && state !== 'succeeded');
    if (wrong)
      throw new Error(`expected every job to succeed, ${wrong.count} of ${wrong.task} are ${wrong.state}`);
    const finished = ended.reduce((sum, { count }) => sum + count, 0);
    if (finished >= target) return;
    const at = performance.now();
    const isMore = !last || finished > last.finished;
    if (last && !isMore && at - last.at > STUCK_MS)
      throw new Error(`stuck: ${finished} of ${target} jobs have ended`);
    const pace = last && isMore ? (finished - last.finished) / (at - last.at) : undefined;
    if (isMore) last = { finished, at };
    const halfOfTheRest = pace === undefined ? USUAL_MS : (target - finished) / pace / 2;
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(halfOfTheRest, LEAST_MS), MOST_MS)));
  }
}
