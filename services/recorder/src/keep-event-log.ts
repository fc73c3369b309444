import type { Broker, BrokerLog } from '@heddle/broker';
import type { Database } from './store/schema.ts';
import { beginEpoch } from './store/stream-epoch.ts';

/** Sees to it that the event stream exists, now and after each reconnect. A stream made anew begins a new epoch. */
export async function keepEventLog(
  broker: Pick<Broker, 'declareEventLog' | 'onReconnect'>,
  db: Database,
  log: BrokerLog,
): Promise<{ stop(): void }> {
  async function keep(): Promise<void> {
    const { created } = await broker.declareEventLog();
    if (created) await beginEpoch(db);
  }
  await keep();
  const stop = broker.onReconnect(() => {
    keep().catch((error: unknown) => log.error({ err: error }, 'cannot declare the event log'));
  });
  return { stop };
}
