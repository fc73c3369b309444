import { isTerminal } from '@heddle/contracts';
import { sql } from 'kysely';
import type { BatchRow } from './batch-tables.ts';
import { ENDED_COLUMNS, endJobs } from './end-jobs.ts';
import type { Store } from './open-database.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';

/** A producer that was expanding the batch when it was stopped may make jobs for so long. */
const STOPPING_MS = 86_400_000;

/** Ids of batches that were stopped after `since` and whose unfinished jobs are to be cancelled. */
export async function findStoppingBatches({ db }: Store, since: number): Promise<string[]> {
  const batches = await db
    .selectFrom('batches')
    .select('id')
    .where(sql<boolean>`stopping = 1`)
    .where('ended_at', '>', since)
    .orderBy('id')
    .execute();
  return batches.map((batch) => batch.id);
}

/** Cancels a chunk of a batch's jobs that wait, and gives how many. Those that run end when their workers say so. */
export async function cancelJobsOfBatch(
  store: Store,
  writer: EventWriter,
  id: string,
  limit: number,
): Promise<number> {
  return await runTransaction(store.db, async (tx) => {
    const jobs = await tx
      .selectFrom('jobs')
      .select(ENDED_COLUMNS)
      .where('batch', '=', id)
      // As in the index, so that both databases use it.
      .where(sql<boolean>`state in ('queued', 'delayed', 'running', 'retrying')`)
      .where('state', '<>', 'running')
      // Somebody has replayed it since: it is to run.
      .where('generation', '=', 0)
      .orderBy('batch_index')
      .limit(limit)
      .$if(store.shared, (query) => query.forUpdate())
      .execute();
    const error = { code: 'cancelled', message: `its batch ${id} was stopped` };
    await endJobs(tx, writer, jobs, 'cancelled', error, Date.now());
    return jobs.length;
  });
}

/** Ends the stopping of a batch if nothing of it is left to be cancelled. */
export async function finishStopping({ db }: Store, id: string, now: number): Promise<void> {
  const batch = await db.selectFrom('batches').selectAll().where('id', '=', id).executeTakeFirst();
  if (!batch) return;
  const isOver = (batch.ended_at ?? 0) < now - STOPPING_MS;
  if (!isOver && !((await isReduced(db, batch)) && hasEnded(batch))) return;
  await db.updateTable('batches').set({ stopping: 0 }).where('id', '=', id).execute();
}

function hasEnded(batch: BatchRow): boolean {
  const { succeeded, failed, dead, cancelled, expired, total } = batch;
  return succeeded + failed + dead + cancelled + expired >= total;
}

async function isReduced(db: Store['db'], { reduce_job }: BatchRow): Promise<boolean> {
  if (reduce_job === null) return true;
  const job = await db.selectFrom('jobs').select('state').where('id', '=', reduce_job).executeTakeFirst();
  return job !== undefined && isTerminal(job.state);
}
