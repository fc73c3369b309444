import type { DeadSelection, RecorderReplies } from '@heddle/contracts';
import { DELETED_COLUMNS, forgetJobs } from './delete-old-jobs.ts';
import type { Store } from './open-database.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';
import { selectDead } from './select-dead.ts';

/** Jobs of one transaction. */
const CHUNK = 200;

/** Deletes dead jobs, with all that belongs to them. What is not dead or failed is left alone. */
export async function dropDead(
  store: Store,
  select: DeadSelection,
  limit: number,
): Promise<RecorderReplies['drop-dead']> {
  const { all, chunks } = await selectDead(store.db, select, CHUNK);
  let dropped = 0;
  let seen = 0;
  for await (const chunk of chunks) {
    const ids = chunk.slice(0, limit - seen);
    seen += ids.length;
    dropped += await runTransaction(store.db, (tx) => dropSome(store, tx, ids));
    if (seen === limit) break;
  }
  return { dropped, left: Math.max(0, all - seen) };
}

async function dropSome(store: Store, tx: Tx, ids: readonly string[]): Promise<number> {
  const rows = await tx
    .deleteFrom('jobs')
    .where('id', 'in', ids)
    .where('state', 'in', ['dead', 'failed'])
    .returning(DELETED_COLUMNS)
    .execute();
  await forgetJobs(store, tx, rows);
  return rows.length;
}
