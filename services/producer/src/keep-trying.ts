import { setTimeout as wait } from 'node:timers/promises';
import type { BrokerLog, Delivery } from '@heddle/broker';

/** Long enough not to burn a core while the broker refuses, short enough that nobody waits for it. */
const RETRY_MS = 1_000;

/**
 * Works on a delivery until it is done, or somebody else's: giving it back would only bring it again at once. Resolves to
 * whether it is done.
 */
export async function keepTrying(
  delivery: Delivery,
  draining: AbortSignal,
  log: BrokerLog,
  work: () => Promise<void>,
): Promise<boolean> {
  while (!delivery.lost && !draining.aborted) {
    try {
      await work();
      return true;
    } catch (error) {
      log.warn({ err: error }, 'cannot be done yet');
      await wait(RETRY_MS, undefined, { signal: draining }).catch(() => {});
    }
  }
  return false;
}
