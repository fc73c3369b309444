import type { BatchResult, RecorderReplies } from '@heddle/contracts';
import { findBatch } from './find-batch.ts';
import { parseOr } from './job-history-rows.ts';
import type { Database } from './schema.ts';

/** A page ends early when its results would make the reply larger than a message should be. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
const ROWS_AT_ONCE = 100;

/**
 * Results of a batch's jobs by their place, from `first` on, at most `limit`. There may be fewer; whoever wants more asks
 * again from behind the last one until there are none. Throws `batch_not_found`.
 */
export async function readBatchResults(
  db: Database,
  id: string,
  first: number,
  limit: number,
): Promise<RecorderReplies['batch-results']> {
  await findBatch(db, id);
  const results: BatchResult[] = [];
  let characters = 0;
  let from = first;
  while (results.length < limit && characters < MAX_PAGE_CHARACTERS) {
    const asked = Math.min(ROWS_AT_ONCE, limit - results.length);
    const rows = await readRows(db, id, from, asked);
    for (const row of rows) {
      results.push({
        index: row.index ?? 0,
        id: row.id,
        state: row.state,
        result: parseOr<unknown>(row.result, undefined),
        error: parseOr<BatchResult['error']>(row.error, undefined),
      });
      characters += (row.result?.length ?? 0) + (row.error?.length ?? 0);
    }
    if (rows.length < asked) break;
    from = (rows.at(-1)?.index ?? from) + 1;
  }
  return { results };
}

function readRows(db: Database, id: string, from: number, limit: number) {
  return db
    .selectFrom('jobs')
    .select(['id', 'batch_index as index', 'state', 'result', 'error'])
    .where('batch', '=', id)
    .where('batch_index', '>=', from)
    .orderBy('batch_index')
    .limit(limit)
    .execute();
}
