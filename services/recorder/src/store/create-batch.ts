import {
  BATCH_CHUNK_JOBS,
  encodeProducerMessage,
  type ProducerMessage,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import type { Store } from './open-database.ts';
import { type OutgoingMessage, putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';

type CreateBatch = Extract<RecorderRequest, { op: 'create-batch' }>;

/** A batch and what the producers need to make its jobs, in one transaction. Asked twice it makes one. */
export async function createBatch(
  { db }: Store,
  { plan, source }: CreateBatch,
): Promise<RecorderReplies['create-batch']> {
  await runTransaction(db, async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('batches')
      .values({
        id: plan.id,
        task: plan.task,
        plan: JSON.stringify(plan),
        state: 'running',
        total: plan.total,
        succeeded: 0,
        failed: 0,
        dead: 0,
        cancelled: 0,
        expired: 0,
        stopping: 0,
        reduce_job: null,
        result: null,
        accepted_at: plan.acceptedAt,
        ended_at: null,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) return;
    await putOutgoing(tx, expansionsOf({ plan, source }).map(outgoingOf));
  });
  return { id: plan.id };
}

type Expansion = Extract<ProducerMessage, { first: number }>;

function expansionsOf({ plan, source }: Pick<CreateBatch, 'plan' | 'source'>): Expansion[] {
  if ('range' in source) {
    return [{ type: 'expand-range', plan, first: 0, ...source.range, input: source.input }];
  }
  const { inputs } = source;
  return Array.from({ length: Math.ceil(inputs.length / BATCH_CHUNK_JOBS) }, (_, chunk) => {
    const first = chunk * BATCH_CHUNK_JOBS;
    return { type: 'expand-list', plan, first, inputs: inputs.slice(first, first + BATCH_CHUNK_JOBS) };
  });
}

function outgoingOf(expansion: Expansion): OutgoingMessage<'heddle.requests'> {
  const message = encodeProducerMessage(expansion, `${expansion.plan.id}/${expansion.first}`);
  return { exchange: 'heddle.requests', routingKey: 'production', message, mandatory: true };
}
