import { isTerminal } from '@heddle/contracts';
import type { Store } from './open-database.ts';
import type { Tx } from './schema.ts';

/**
 * Gives a task's key to a job, unless an unfinished job has it: then that job's id. The key's row is locked until the
 * transaction ends, so that of two who want it one waits for the other.
 */
export async function claimUniqueKey(
  store: Store,
  tx: Tx,
  task: string,
  key: string,
  jobId: string,
): Promise<string | undefined> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('unique_keys')
    .values({ task, key, job_id: jobId })
    .onConflict((conflict) => conflict.columns(['task', 'key']).doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const { job_id: holder } = await tx
    .selectFrom('unique_keys')
    .select('job_id')
    .where('task', '=', task)
    .where('key', '=', key)
    .$if(store.shared, (query) => query.forUpdate())
    .executeTakeFirstOrThrow();
  if (holder === jobId) return undefined;
  const job = await tx.selectFrom('jobs').select('state').where('id', '=', holder).executeTakeFirst();
  if (job && !isTerminal(job.state)) return holder;
  await tx
    .updateTable('unique_keys')
    .set({ job_id: jobId })
    .where('task', '=', task)
    .where('key', '=', key)
    .execute();
  return undefined;
}
