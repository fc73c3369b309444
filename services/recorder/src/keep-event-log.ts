import type { Broker, BrokerLog } from '@heddle/broker';
import { pauseUnless } from './repeat-work.ts';
import type { Database } from './store/schema.ts';
import { beginEpoch } from './store/stream-epoch.ts';

const RETRY_MS = 1_000;

/**
 * Sees to it that the event stream exists, now and after each reconnect. A stream made anew begins a new epoch: without one,
 * readers would wait for offsets that never come, so both are tried until they are done.
 */
export async function keepEventLog(
  broker: Pick<Broker, 'declareEventLog' | 'onReconnect'>,
  db: Database,
  log: BrokerLog,
): Promise<{ stop(): void }> {
  const stopped = new AbortController();
  const { signal } = stopped;
  let isNew = false;
  async function keep(): Promise<void> {
    const { created } = await broker.declareEventLog();
    isNew ||= created;
    if (!isNew) return;
    await beginEpoch(db);
    isNew = false;
  }
  async function keepTrying(): Promise<void> {
    while (!signal.aborted) {
      try {
        return await keep();
      } catch (error) {
        log.error({ err: error, retryInMs: RETRY_MS }, 'cannot declare the event log');
        await pauseUnless(signal, RETRY_MS);
      }
    }
  }
  await keep();
  const unsubscribe = broker.onReconnect(() => void keepTrying());
  return {
    stop() {
      unsubscribe();
      stopped.abort();
    },
  };
}
