import type { ScheduleRecord } from '@heddle/contracts';
import { describe, expect, test } from 'vitest';
import { drainOutbox, saidTo } from '../../test/drain-outbox.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { deleteSchedule, putSchedule, readSchedules, rememberTick } from './keep-schedules.ts';
import type { Store } from './open-database.ts';

describe.each(databaseKinds)('a schedule on %s', (kind) => {
  let store: Store;
  setUpStore(kind, (opened) => ({ store } = opened));
  const nightly: ScheduleRecord = {
    id: 'nightly',
    task: 'debug.echo',
    input: { a: [1] },
    cron: '0 3 * * *',
    timeZone: 'Europe/Berlin',
    everyMs: null,
    missed: 'skip',
    paused: false,
    options: { priority: 7 },
    lastTickAt: null,
    lastJob: null,
    createdAt: 1_000,
  };

  test('is kept as it came, and everybody hears of it', async () => {
    await expect(putSchedule(store, nightly)).resolves.toEqual(nightly);
    await expect(readSchedules(store.db)).resolves.toEqual({ schedules: [nightly] });
    expect(saidTo(await drainOutbox(store), 'heddle.control')).toEqual([{ type: 'schedules-changed' }]);
  });

  test('remembers its latest tick, and the last job that one made', async () => {
    await rememberTick(store, 'nightly', 5_000, 'job-1');
    await rememberTick(store, 'nightly', 4_000, 'job-0');
    await rememberTick(store, 'nightly', 6_000, null);
    const { schedules } = await readSchedules(store.db);
    expect(schedules).toMatchObject([{ lastTickAt: 6_000, lastJob: 'job-1' }]);
    await expect(rememberTick(store, 'gone', 1, null)).resolves.toEqual({ id: 'gone' });
  });

  test('keeps what it has done when it is changed', async () => {
    const changed = { ...nightly, cron: null, everyMs: 60_000, paused: true, createdAt: 9_000 };
    await expect(putSchedule(store, changed)).resolves.toEqual({
      ...changed,
      lastTickAt: 6_000,
      lastJob: 'job-1',
      createdAt: 1_000,
    });
  });

  test('is gone when it is deleted', async () => {
    await expect(deleteSchedule(store, 'nightly')).resolves.toEqual({ id: 'nightly' });
    await expect(readSchedules(store.db)).resolves.toEqual({ schedules: [] });
    await expect(deleteSchedule(store, 'nightly')).rejects.toMatchObject({ code: 'schedule_not_found' });
  });
});
