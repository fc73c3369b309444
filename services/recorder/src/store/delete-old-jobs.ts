import type { TerminalState } from '@heddle/contracts';
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { DeadCounts } from './count-dead.ts';
import { JobCounts } from './count-jobs.ts';
import type { Store } from './open-database.ts';
import type { PageEnd } from './page-cursor.ts';
import { runTransaction } from './run-transaction.ts';
import type { JobRow, Schema, Tx } from './schema.ts';
import { forgetWaiters } from './wait-in-line.ts';

/** Ids of one statement: databases bound its parameters. */
const KEYS_AT_ONCE = 1_000;

export interface Sweep {
  /** Jobs and outputs deleted. */
  readonly deleted: number;
  /** Where the next chunk of this state begins; undefined: there is none. */
  readonly next: PageEnd | undefined;
}

/**
 * Deletes one chunk of jobs that ended in a state before a time, with their tags, outputs and idempotency keys. Jobs
 * are walked in the order they were accepted, which needs no index of its own: no job ends before it is accepted.
 */
export async function deleteOldJobs(
  store: Store,
  state: TerminalState,
  endedBefore: number,
  after: PageEnd | undefined,
  limit: number,
): Promise<Sweep> {
  const seen = await store.db
    .selectFrom('jobs')
    .select(['id', 'accepted_at as acceptedAt', 'state_at'])
    // The reduce job of a batch that runs is to read them all.
    .where((eb) => eb.not(ofRunningBatch(eb)))
    .where('state', '=', state)
    .where('accepted_at', '<', endedBefore)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('accepted_at', 'id'), '>', eb.tuple(after?.acceptedAt ?? 0, after?.id ?? '')),
      ),
    )
    .orderBy('accepted_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  const old = seen.filter((job) => job.state_at < endedBefore).map((job) => job.id);
  const deleted = old.length > 0 ? await deleteJobs(store, old, state, endedBefore) : 0;
  return { deleted, next: seen.length === limit ? seen.at(-1) : undefined };
}

async function deleteJobs(
  store: Store,
  ids: readonly string[],
  state: TerminalState,
  endedBefore: number,
): Promise<number> {
  return await runTransaction(store.db, async (tx) => {
    const rows = await tx
      .deleteFrom('jobs')
      .where('id', 'in', ids)
      // One that was replayed since it was read stays.
      .where('state', '=', state)
      .where('state_at', '<', endedBefore)
      .where((eb) => eb.not(ofRunningBatch(eb)))
      .returning(DELETED_COLUMNS)
      .execute();
    await forgetJobs(store, tx, rows);
    return rows.length;
  });
}

/** Whether the job belongs to a batch that has not ended. */
export function ofRunningBatch(eb: ExpressionBuilder<Schema, 'jobs'>): Expression<SqlBool> {
  return eb.and([
    eb('jobs.batch', 'is not', null),
    eb.exists(
      eb
        .selectFrom('batches')
        .select('batches.id')
        .whereRef('batches.id', '=', 'jobs.batch')
        .where('batches.state', '=', 'running'),
    ),
  ]);
}

/** What is read of a job that is deleted. */
export const DELETED_COLUMNS = [
  'id',
  'task',
  'state',
  'error_code',
  'state_at',
] as const satisfies (keyof JobRow)[];

/** Deletes what belongs to jobs that are deleted in this transaction, and takes them out of the counts. */
export async function forgetJobs(
  store: Store,
  tx: Tx,
  jobs: readonly Pick<JobRow, (typeof DELETED_COLUMNS)[number]>[],
): Promise<void> {
  if (jobs.length === 0) return;
  const ids = jobs.map((job) => job.id);
  await tx.deleteFrom('job_tags').where('job_id', 'in', ids).execute();
  await tx.deleteFrom('outputs').where('job_id', 'in', ids).execute();
  await tx.deleteFrom('idempotency_keys').where('job_id', 'in', ids).execute();
  await tx.deleteFrom('unique_keys').where('job_id', 'in', ids).execute();
  await forgetWaiters(tx, ids);
  const counts = new JobCounts(store.shard);
  const dead = new DeadCounts(store.shard);
  for (const job of jobs) {
    counts.add(job.task, job.state, -1);
    dead.add(job, -1);
  }
  await counts.write(tx);
  await dead.write(tx);
}

/** Deletes batches that ended before a time. */
export async function deleteOldBatches({ db }: Store, endedBefore: number): Promise<void> {
  await runTransaction(db, async (tx) => {
    const batches = await tx
      .deleteFrom('batches')
      .where('ended_at', '<', endedBefore)
      .where('stopping', '=', 0)
      .returning('id')
      .execute();
    if (batches.length === 0) return;
    await forgetKeys(
      tx,
      batches.map(({ id }) => id),
    );
  });
}

async function forgetKeys(tx: Tx, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += KEYS_AT_ONCE) {
    const some = ids.slice(from, from + KEYS_AT_ONCE);
    await tx.deleteFrom('idempotency_keys').where('job_id', 'in', some).execute();
  }
}

/** Deletes a chunk of old outputs that belong to no job: they came again after their job was deleted. */
export async function deleteOrphanOutputs(
  store: Store,
  storedBefore: number,
  limit: number,
): Promise<number> {
  return await runTransaction(store.db, async (tx) => deleteOrphans(tx, storedBefore, limit));
}

async function deleteOrphans(tx: Tx, storedBefore: number, limit: number): Promise<number> {
  const orphans = await tx
    .selectFrom('outputs')
    .select('job_id')
    .distinct()
    .where('stored_at', '<', storedBefore)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('jobs').select('jobs.id').whereRef('jobs.id', '=', 'outputs.job_id'))),
    )
    .limit(limit)
    .execute();
  if (orphans.length === 0) return 0;
  const ids = orphans.map((orphan) => orphan.job_id);
  await tx.deleteFrom('outputs').where('job_id', 'in', ids).execute();
  return ids.length;
}
