import { setTimeout as pause } from 'node:timers/promises';

/** A broker that answers does so in milliseconds; that one is frozen is known by its heartbeats only, seconds later. */
const PATIENCE_MS = 1_000;

/** Waits until the broker knows that nobody waits any more, but not for a broker that does not answer. Never rejects. */
export async function farewell(work: Promise<unknown>): Promise<void> {
  const answered = new AbortController();
  const done = work.then(
    () => answered.abort(),
    () => answered.abort(),
  );
  const late = pause(PATIENCE_MS, undefined, { signal: answered.signal }).catch(() => undefined);
  await Promise.race([done, late]);
}
