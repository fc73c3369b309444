import { HeddleError } from '@heddle/contracts';
import { ofRunningBatch } from './delete-old-jobs.ts';
import type { Store } from './open-database.ts';
import { runTransaction } from './run-transaction.ts';
import type { JobRow } from './schema.ts';

export interface ExpiredChunk {
  /** How many jobs there were. */
  readonly expired: number;
  /** Where the next chunk begins; undefined: there is none. */
  readonly next: number | undefined;
}

/**
 * Deletes the results and outputs of a chunk of jobs whose time was over from `since` to `until`, milliseconds since the epoch; the
 * jobs themselves stay. Those of a running batch wait for its end, because its reduce job is to read them: who looks again soon
 * should not begin with them each time.
 */
export async function expireResults(
  store: Store,
  since: number,
  until: number,
  limit: number,
): Promise<ExpiredChunk> {
  return await runTransaction(store.db, async (tx) => {
    const jobs = await tx
      .selectFrom('jobs')
      .select(['id', 'result_until'])
      .where('result_until', '>=', since)
      .where('result_until', '<=', until)
      .where((eb) => eb.not(ofRunningBatch(eb)))
      .orderBy('result_until')
      .limit(limit)
      .$if(store.shared, (query) => query.forUpdate().skipLocked())
      .execute();
    if (jobs.length === 0) return { expired: 0, next: undefined };
    const ids = jobs.map(({ id }) => id);
    await tx.deleteFrom('outputs').where('job_id', 'in', ids).execute();
    await tx
      .updateTable('jobs')
      .set((eb) => ({ result: null, result_gone: eb.ref('result_until'), result_until: null }))
      .where('id', 'in', ids)
      .execute();
    const last = jobs.at(-1)?.result_until ?? undefined;
    return { expired: jobs.length, next: jobs.length === limit ? last : undefined };
  });
}

/** Whether result and outputs of the job were deleted before the job itself. */
export function isResultGone(row: Pick<JobRow, 'result_until' | 'result_gone'>): boolean {
  return row.result_gone !== null && row.result_until === null;
}

/** Throws `result_expired`. */
export function requireResult(id: string, row: Pick<JobRow, 'result_until' | 'result_gone'>): void {
  if (!isResultGone(row)) return;
  const since = new Date(row.result_gone ?? 0).toISOString();
  throw new HeddleError('result_expired', `result and outputs of job ${id} were kept until ${since}`);
}
