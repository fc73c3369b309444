import { newJobId } from '@heddle/client';
import {
  DEFAULT_MAX_MESSAGE_BYTES,
  HeddleError,
  type RecorderReplies,
  type RecorderRequest,
} from '@heddle/contracts';
import { sql } from 'kysely';
import type { BatchPartRow } from './batch-tables.ts';
import { expandInputs, outgoingExpansion } from './expand-inputs.ts';
import type { Store } from './open-database.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database, Tx } from './schema.ts';

type BatchPart = Extract<RecorderRequest, { op: 'batch-part' }>;

/** Keeps inputs of an upload as the messages that they will become. Asked twice it keeps them once. Throws `message_too_large`. */
export async function stagePart(
  { db }: Store,
  { plan, first, inputs }: BatchPart,
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
): Promise<RecorderReplies['batch-part']> {
  const now = Date.now();
  await runTransaction(db, async (tx) => {
    for (const expansion of expandInputs(plan, inputs, first)) {
      const { message } = outgoingExpansion(expansion, maxMessageBytes);
      const row: BatchPartRow = {
        id: newJobId(),
        batch: plan.id,
        first: expansion.first,
        jobs: expansion.inputs.length,
        stored_at: now,
        properties: JSON.stringify(message.properties),
        body: message.body,
      };
      await tx
        .insertInto('batch_parts')
        .values(row)
        .onConflict((conflict) => conflict.columns(['batch', 'first']).doNothing())
        .execute();
    }
  });
  return { id: plan.id };
}

/** Moves the parts of a batch that is now complete into the outbox, within the database: they may be many. */
export async function releaseParts(tx: Tx, batch: string, jobs: number): Promise<void> {
  const { staged } = await tx
    .selectFrom('batch_parts')
    .select((eb) => eb.cast<number>(eb.fn.coalesce(eb.fn.sum('jobs'), sql.lit(0)), 'bigint').as('staged'))
    .where('batch', '=', batch)
    .executeTakeFirstOrThrow();
  if (staged !== jobs) {
    throw new HeddleError(
      'recorder_unavailable',
      `of the ${jobs} inputs uploaded for batch ${batch} ${staged} are here; upload them again`,
    );
  }
  await tx
    .insertInto('outbox')
    .columns([
      'id',
      'exchange',
      'routing_key',
      'kind',
      'mandatory',
      'properties',
      'body',
      'tries',
      'due_at',
      'available_at',
    ])
    .expression((eb) =>
      eb
        .selectFrom('batch_parts')
        .select([
          'id',
          sql.lit('heddle.requests').as('exchange'),
          sql.lit('production').as('routing_key'),
          sql.lit('production').as('kind'),
          sql.lit(1).as('mandatory'),
          'properties',
          'body',
          sql.lit(0).as('tries'),
          sql<null>`cast(null as bigint)`.as('due_at'),
          sql.lit(0).as('available_at'),
        ])
        .where('batch', '=', batch),
    )
    .execute();
  await dropParts(tx, batch);
}

export async function dropParts(tx: Tx | Database, batch: string): Promise<void> {
  await tx.deleteFrom('batch_parts').where('batch', '=', batch).execute();
}

/** Forgets uploads of which nothing has come since `before`: their gateway has died, or lost the way here. */
export async function dropAbandonedParts({ db }: Store, before: number): Promise<void> {
  const abandoned = await db
    .selectFrom('batch_parts')
    .select('batch')
    .groupBy('batch')
    .having((eb) => eb.fn.max('stored_at'), '<', before)
    .execute();
  for (const { batch } of abandoned) await dropParts(db, batch);
}
