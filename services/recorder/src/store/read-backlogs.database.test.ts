import { describe, expect, test } from 'vitest';
import { accepted, failed, itemsOf, started } from '../../test/job-events.ts';
import { databaseKinds, setUpStore } from '../../test/open-test-store.ts';
import { announceTasks } from './announce-tasks.ts';
import type { Store } from './open-database.ts';
import { outgoingNews, putOutgoing } from './outbox.ts';
import { pauseTask } from './pause-task.ts';
import { countOutbox, readBacklogs } from './read-backlogs.ts';
import { BatchWriter } from './record-batch.ts';

const task = (name: string) => ({
  name,
  pool: 'event-loop' as const,
  timeoutMs: 1_000,
  body: 'json' as const,
  inputSchema: {},
});

describe.each(databaseKinds)('what of each task is not done, on %s', (kind) => {
  let store: Store;
  setUpStore(kind, async (opened) => {
    ({ store } = opened);
    await announceTasks(store, [
      { ...task('mail.send'), fair: { lanes: 2 } },
      { ...task('bank.deposit'), serial: { state: 'accounts', partitions: 2 } },
      task('debug.echo'),
    ]);
  });

  test('is told for every announced task, with the age of the oldest job that waits', async () => {
    const events = [
      accepted('running', { at: 1_000 }),
      started('running', { at: 1_100 }),
      accepted('older', { at: 2_000 }),
      accepted('younger', { at: 3_000 }),
      accepted('over', { at: 500 }),
      failed('over', 'task_failed', { at: 600 }),
      accepted('unknown', { at: 1, task: 'nobody.announced' }),
    ];
    await new BatchWriter(store).write(itemsOf(events));
    await pauseTask(store, 'mail.send', true);
    const nothing = { unfinished: {}, ended: 0, oldestAt: undefined };
    expect(await readBacklogs(store.db)).toEqual([
      {
        task: 'bank.deposit',
        paused: false,
        branches: ['heddle.serial.bank.deposit.0', 'heddle.serial.bank.deposit.1'],
        ...nothing,
      },
      {
        task: 'debug.echo',
        paused: false,
        branches: [],
        unfinished: { queued: 2, running: 1 },
        ended: 1,
        oldestAt: 2_000,
      },
      {
        task: 'mail.send',
        paused: true,
        branches: ['heddle.lanes.mail.send.0', 'heddle.lanes.mail.send.1'],
        ...nothing,
      },
    ]);
  });

  test('and the outbox is counted', async () => {
    const before = await countOutbox(store.db);
    await store.db.transaction().execute((tx) => putOutgoing(tx, [outgoingNews({ type: 'tasks-changed' })]));
    expect(await countOutbox(store.db)).toBe(before + 1);
  });
});
