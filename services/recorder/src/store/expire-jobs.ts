import { sql } from 'kysely';
import { ENDED_COLUMNS, endJobs } from './end-jobs.ts';
import type { Store } from './open-database.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';

/**
 * Ends a chunk of jobs whose time to live was over before `before` and that no worker has taken. A replay has no time
 * to live: it was over when the job died. Gives how many were ended.
 */
export async function expireJobs(
  store: Store,
  writer: EventWriter,
  before: number,
  limit: number,
): Promise<number> {
  return await runTransaction(store.db, async (tx) => {
    const jobs = await tx
      .selectFrom('jobs')
      .select(ENDED_COLUMNS)
      .where('deadline', '<', before)
      // As in the index, so that both databases use it.
      .where(sql<boolean>`state in ('queued', 'delayed')`)
      .where('generation', '=', 0)
      // A worker took it in time, and it waits for something since.
      .where('event', '<>', 'waiting')
      .orderBy('deadline')
      .limit(limit)
      .$if(store.shared, (query) => query.forUpdate().skipLocked())
      .execute();
    const error = { code: 'expired', message: 'no worker took it within its time to live' };
    await endJobs(tx, writer, jobs, 'expired', error, Date.now());
    return jobs.length;
  });
}
