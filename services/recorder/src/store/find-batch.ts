import { type BatchRecord, HeddleError, type RecorderReplies } from '@heddle/contracts';
import type { BatchRow } from './batch-tables.ts';
import { parseOr } from './job-history-rows.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import type { Database, Tx } from './schema.ts';

/** Throws `batch_not_found`. */
export async function findBatch(db: Database, id: string): Promise<BatchRecord> {
  return recordOf(await readBatch(db, id, false));
}

/** The row, locked or not. Throws `batch_not_found`. */
export async function readBatch(db: Database | Tx, id: string, lock: boolean): Promise<BatchRow> {
  const row = await db
    .selectFrom('batches')
    .selectAll()
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  if (!row) throw new HeddleError('batch_not_found', `there is no batch ${id}`);
  return row;
}

/** A page of batches, newest first. Throws `invalid_cursor`. */
export async function listBatches(
  db: Database,
  cursor: string | undefined,
  limit: number,
): Promise<RecorderReplies['batches']> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const rows = await db
    .selectFrom('batches')
    .selectAll()
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('accepted_at', 'id'), '<', eb.tuple(after?.acceptedAt ?? 0, after?.id ?? '')),
      ),
    )
    .orderBy('accepted_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const last = rows[limit - 1];
  const next =
    rows.length > limit && last ? encodeCursor({ acceptedAt: last.accepted_at, id: last.id }) : null;
  return { batches: rows.slice(0, limit).map(recordOf), next };
}

function recordOf(row: BatchRow): BatchRecord {
  const { total, succeeded, failed, dead, cancelled, expired } = row;
  return {
    id: row.id,
    task: row.task,
    state: row.state,
    counts: { total, succeeded, failed, dead, cancelled, expired },
    reduceJob: row.reduce_job,
    result: parseOr<unknown>(row.result, undefined),
    acceptedAt: row.accepted_at,
    endedAt: row.ended_at,
  };
}
