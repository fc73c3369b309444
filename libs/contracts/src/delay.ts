import { MAX_DURATION_MS } from './duration.ts';

/** The shortest delay that goes by way of the broker; what is shorter goes straight to its queue. Milliseconds. */
export const MIN_DELAY_MS = 100;
const STEP = 1.1;

/**
 * The rungs of the delay ladder, in milliseconds: from 100 ms to 365 days, each a tenth longer than the one before. One
 * queue a rung, one TTL a queue: nothing waits behind what is due later, and no delay is off by more than 5 % (or 100 ms).
 */
export const delayRungs: readonly number[] = (() => {
  const rungs: number[] = [];
  for (let rung = MIN_DELAY_MS; rung < MAX_DURATION_MS; rung = Math.round(rung * STEP)) rungs.push(rung);
  return [...rungs, MAX_DURATION_MS];
})();

/** The rung nearest to a delay by ratio; undefined when it is too short to be delayed. */
export function rungFor(delayMs: number): number | undefined {
  if (delayMs < MIN_DELAY_MS / 2) return undefined;
  const above = delayRungs.findIndex((rung) => rung >= delayMs);
  const upper = delayRungs[above === -1 ? delayRungs.length - 1 : above] ?? MAX_DURATION_MS;
  const lower = delayRungs[above - 1] ?? upper;
  return delayMs / lower < upper / delayMs ? lower : upper;
}

/** Name of a rung's exchange and of its queue. */
export function delayName(rungMs: number): `heddle.delay.${number}` {
  return `heddle.delay.${rungMs}`;
}
