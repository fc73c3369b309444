import { newJobId } from '@heddle/client';
import { type BatchPlan, encodeProducerMessage } from '@heddle/contracts';
import type { BatchRow } from './batch-tables.ts';
import { keepCancel } from './keep-cancels.ts';
import { type OutgoingMessage, outgoingNews } from './outbox.ts';
import type { Tx } from './schema.ts';

/** What follows from a batch's new counts; gives the messages that are to go out. The row must be locked. */
export async function settleBatch(tx: Tx, batch: BatchRow, now: number): Promise<OutgoingMessage[]> {
  const ended = batch.succeeded + batch.failed + batch.dead + batch.cancelled + batch.expired;
  const isComplete = ended >= batch.total;
  if (isComplete && batch.stopping === 1 && batch.reduce_job === null) {
    await tx.updateTable('batches').set({ stopping: 0 }).where('id', '=', batch.id).execute();
  }
  if (batch.state !== 'running' || batch.reduce_job !== null) return [];
  const plan = JSON.parse(batch.plan) as BatchPlan;
  const allSucceeded = batch.succeeded === ended;
  if (plan.onFailure === 'stop' && !allSucceeded) {
    return await stopBatch(tx, batch.id, 'failed', !isComplete, now);
  }
  if (!isComplete) return [];
  if (plan.reduce === undefined) {
    const state = allSucceeded ? 'succeeded' : 'failed';
    await tx.updateTable('batches').set({ state, ended_at: now }).where('id', '=', batch.id).execute();
    return [endedNews(batch.id)];
  }
  const reduceJob = newJobId();
  await tx.updateTable('batches').set({ reduce_job: reduceJob }).where('id', '=', batch.id).execute();
  const message = encodeProducerMessage(
    { type: 'batch-complete', plan, reduceJob },
    `${batch.id}/batch-complete`,
  );
  return [{ exchange: 'heddle.requests', routingKey: 'production', message, mandatory: true }];
}

/** Ends a batch before its jobs have; those that are left are cancelled in the background, and by the workers. */
export async function stopBatch(
  tx: Tx,
  id: string,
  state: 'failed' | 'cancelled',
  hasUnfinished: boolean,
  now: number,
): Promise<OutgoingMessage[]> {
  await tx
    .updateTable('batches')
    .set({ state, ended_at: now, stopping: hasUnfinished ? 1 : 0 })
    .where('id', '=', id)
    .execute();
  if (!hasUnfinished) return [endedNews(id)];
  await keepCancel(tx, { id, of: 'batch', generation: 0 }, now);
  return [outgoingNews({ type: 'cancel', job: id }), endedNews(id)];
}

function endedNews(batch: string): OutgoingMessage {
  return outgoingNews({ type: 'batch-ended', batch });
}

/**
 * A batch ends as its reduce job does, and again when that is replayed. A cancelled batch stays cancelled. Gives the messages
 * that are to go out.
 */
export async function endWithReduceJob(tx: Tx, id: string, job: string): Promise<OutgoingMessage[]> {
  const reduced = await tx
    .selectFrom('jobs')
    .select(['state', 'result', 'state_at'])
    .where('id', '=', job)
    .executeTakeFirstOrThrow();
  const { numUpdatedRows } = await tx
    .updateTable('batches')
    .set({
      state: reduced.state === 'succeeded' ? 'succeeded' : 'failed',
      result: reduced.result,
      ended_at: reduced.state_at,
    })
    .where('id', '=', id)
    .where('reduce_job', '=', job)
    .where('state', '<>', 'cancelled')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n ? [endedNews(id)] : [];
}
