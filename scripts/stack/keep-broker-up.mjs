import { setTimeout as pause } from 'node:timers/promises';
import { describeDuration } from '../setup/report-step.mjs';

const FIRST_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 30_000;

/**
 * Finds a broker; if it is ours and dies, reports it and boots it again. The services reconnect by themselves.
 *
 * @param {(onDied: (reason: string) => void) => Promise<import('../setup/find-broker.mjs').FoundBroker>} find
 * @param {(line: string) => void} print
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function keepBrokerUp(find, print) {
  const stopping = new AbortController();
  const broker = await find((reason) => void bootAgain(reason));

  async function bootAgain(reason) {
    for (let backOffMs = FIRST_BACK_OFF_MS; !stopping.signal.aborted; ) {
      print(`broker     ended with ${reason}; starting it again in ${describeDuration(backOffMs)}`);
      await pause(backOffMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        await broker.start();
        return print('broker     is up again');
      } catch (error) {
        reason = error.message;
        backOffMs = Math.min(backOffMs * 2, LONGEST_BACK_OFF_MS);
      }
    }
  }

  return {
    url: broker.url,
    stop: async () => {
      stopping.abort();
      await broker.stop();
    },
  };
}
