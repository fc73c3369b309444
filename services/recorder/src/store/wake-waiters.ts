import { terminalStates } from '@heddle/contracts';
import { KeyStateRows } from './key-state-rows.ts';
import type { Store } from './open-database.ts';
import { runTransaction } from './run-transaction.ts';
import { wake, wakeNext } from './wait-in-line.ts';

/** Wakes a chunk of jobs whose time to wait is over; gives how many. */
export async function wakeOverdue(store: Store, now: number, limit: number): Promise<number> {
  const next = store.db.selectFrom('waiters').where('awake', '=', 0).where('until', '<=', now);
  // Nearly always there is none, and then no transaction is worth its while.
  if (!(await next.select('job_id').limit(1).executeTakeFirst())) return 0;
  return await runTransaction(store.db, async (tx) => {
    const overdue = await tx
      .selectFrom('waiters')
      .selectAll()
      .where('awake', '=', 0)
      .where('until', '<=', now)
      .orderBy('until')
      .limit(limit)
      .$if(store.shared, (query) => query.forUpdate().skipLocked())
      .execute();
    await wake(tx, overdue, now);
    return overdue.length;
  });
}

/**
 * Gives up the places of jobs that were woken before `before` and have ended without saying so here, and lets those who
 * wait behind them look; gives how many keys that were.
 */
export async function clearAbandoned(store: Store, before: number, limit: number): Promise<number> {
  const abandoned = await store.db
    .selectFrom('waiters')
    .innerJoin('jobs', 'jobs.id', 'waiters.job_id')
    .select(['waiters.job_id', 'waiters.name', 'waiters.key'])
    .where('waiters.awake', '=', 1)
    .where('waiters.woken_at', '<', before)
    .where('jobs.state', 'in', terminalStates)
    .limit(limit)
    .execute();
  if (abandoned.length > 0) {
    const jobs = abandoned.map((waiter) => waiter.job_id);
    await store.db
      .deleteFrom('waiters')
      .where('job_id', 'in', jobs)
      // One that was replayed since it was read may wait anew, and this row has its only message.
      .where('awake', '=', 1)
      .where('woken_at', '<', before)
      .execute();
  }
  const overlooked = await store.db
    .selectFrom('waiters')
    .innerJoin('key_states', (join) =>
      join.onRef('key_states.name', '=', 'waiters.name').onRef('key_states.key', '=', 'waiters.key'),
    )
    .select(['waiters.name', 'waiters.key'])
    .distinct()
    .where('waiters.awake', '=', 0)
    .whereRef('waiters.seen_version', '<', 'key_states.version')
    .limit(limit)
    .execute();
  for (const { name, key } of overlooked) {
    await runTransaction(store.db, async (tx) => {
      const locked = await KeyStateRows.of(store).lock(tx, [{ name, key }]);
      for (const row of locked.values()) await wakeNext(tx, row, Date.now());
    });
  }
  return abandoned.length + overlooked.length;
}
