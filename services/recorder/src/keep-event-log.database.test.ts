import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { createTestDatabase } from '../test/open-test-store.ts';
import { keepEventLog } from './keep-event-log.ts';
import { readEpoch } from './store/stream-epoch.ts';

test('an event log that could not be made anew at once is, and begins an epoch', async () => {
  const database = await createTestDatabase('SQLite');
  const { db } = await database.open();
  const declareEventLog = vi.fn().mockResolvedValue({ created: false });
  let reconnect = (): void => undefined;
  const onReconnect = (listener: () => void) => {
    reconnect = listener;
    return () => undefined;
  };
  const kept = await keepEventLog({ declareEventLog, onReconnect }, db, pino({ level: 'silent' }));
  const before = await readEpoch(db);
  declareEventLog.mockRejectedValueOnce(new Error('away')).mockResolvedValue({ created: true });
  reconnect();
  await vi.waitFor(async () => expect(await readEpoch(db)).not.toBe(before), 30_000);
  kept.stop();
  await db.destroy();
  await database.remove();
});
