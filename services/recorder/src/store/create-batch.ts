import {
  DEFAULT_MAX_MESSAGE_BYTES,
  type ExpansionPlan,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import { claimIdempotencyKey } from './claim-idempotency-key.ts';
import { expandInputs, outgoingExpansion } from './expand-inputs.ts';
import type { Store } from './open-database.ts';
import { putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';
import { dropParts, releaseParts } from './stage-batch-parts.ts';

type CreateBatch = Extract<RecorderRequest, { op: 'create-batch' }>;

/**
 * A batch and what the producers need to make its jobs, in one transaction. Asked twice it makes one, and so does the same
 * idempotency key with the same fingerprint. Throws `idempotency_key_reused`, `message_too_large`.
 */
export async function createBatch(
  { db }: Store,
  request: CreateBatch,
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
): Promise<RecorderReplies['create-batch']> {
  const { plan, source } = request;
  return await runTransaction(db, async (tx) => {
    const holder = await claimKey(tx, request);
    if (holder !== undefined && holder !== plan.id) {
      await dropParts(tx, plan.id);
      return { id: holder, repeated: true };
    }
    if (!(await insertBatch(tx, plan))) {
      if (plan.files && 'staged' in source) await completeListing(tx, plan.id, source.staged);
    } else if ('staged' in source) await releaseParts(tx, plan.id, source.staged);
    else {
      const { total: _, ...ofJobs } = plan;
      for (const expansion of expansionsOf(ofJobs, source)) {
        await putOutgoing(tx, [outgoingExpansion(expansion, maxMessageBytes)]);
      }
    }
    return { id: plan.id, repeated: false };
  });
}

async function claimKey(tx: Tx, request: CreateBatch): Promise<string | undefined> {
  const { idempotencyKey: key, fingerprint = '', plan } = request;
  if (key === undefined) return undefined;
  return await claimIdempotencyKey(tx, { key, fingerprint, id: plan.id, at: plan.acceptedAt });
}

/** Whether it is new. */
async function insertBatch(tx: Tx, plan: CreateBatch['plan']): Promise<boolean> {
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
  return numInsertedOrUpdatedRows === 1n;
}

/** The files of a folder have been found: only now is it known how many jobs there are. What was stopped meanwhile stays so. */
async function completeListing(tx: Tx, batch: string, total: number): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('batches')
    .set({ total })
    .where('id', '=', batch)
    .where('total', '=', 0)
    .where('state', '=', 'running')
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 1n) await releaseParts(tx, batch, total);
  else await dropParts(tx, batch);
}

function expansionsOf(
  plan: ExpansionPlan,
  source: Exclude<CreateBatch['source'], { staged: number }>,
): Iterable<Parameters<typeof outgoingExpansion>[0]> {
  if ('listing' in source) return [{ type: 'list-folder', plan }];
  if ('inputs' in source) return expandInputs(plan, source.inputs);
  return [{ type: 'expand-range', plan, first: 0, ...source.range, input: source.input }];
}
