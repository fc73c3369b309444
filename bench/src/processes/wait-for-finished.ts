import type { RecorderClient } from '@heddle/client';
import { isTerminal } from '@heddle/contracts';

const STUCK_MS = 60_000;

/**
 * Polls the recorder's counts until that many jobs have ended, less often when answers are dear. With `'succeeded'`, a
 * job that ended otherwise is an error; so is a minute without progress.
 */
export async function waitForFinished(
  recorder: RecorderClient,
  target: number,
  expected: 'any' | 'succeeded' = 'succeeded',
): Promise<void> {
  let seen = 0;
  let progressAt = performance.now();
  for (;;) {
    const asked = performance.now();
    const counts = await recorder.ask({ op: 'counts' }, { timeoutMs: STUCK_MS });
    const ended = counts.filter(({ state }) => isTerminal(state));
    const wrong = ended.find(({ state }) => expected === 'succeeded' && state !== 'succeeded');
    if (wrong)
      throw new Error(`expected every job to succeed, ${wrong.count} of ${wrong.task} are ${wrong.state}`);
    const finished = ended.reduce((sum, { count }) => sum + count, 0);
    if (finished >= target) return;
    const now = performance.now();
    if (finished > seen) progressAt = now;
    if (now - progressAt > STUCK_MS) throw new Error(`stuck: ${finished} of ${target} jobs have ended`);
    seen = finished;
    await new Promise((resolve) => setTimeout(resolve, Math.max(40, 3 * (now - asked))));
  }
}
