import type { RecorderReplies } from '@heddle/contracts';
import type { Database, Schema, Tx } from './schema.ts';

/** Keeps a cancel until the messages that it means have been consumed. */
export async function keepCancel(
  tx: Tx,
  cancel: Pick<Schema['cancels'], 'id' | 'of' | 'generation'>,
  now: number,
): Promise<void> {
  await tx
    .insertInto('cancels')
    .values({ ...cancel, created_at: now })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        generation: eb.ref('excluded.generation'),
        created_at: eb.ref('excluded.created_at'),
      })),
    )
    .execute();
}

/** Of more, the newest are told: a snapshot must fit into a message, and a job that slips through is only run in vain. */
const MAX_TOLD = 200_000;

/** What a worker must know before it takes jobs. */
export async function readControl(db: Database): Promise<RecorderReplies['control-snapshot']> {
  const cancels = await db
    .selectFrom('cancels')
    .select(['id', 'generation'])
    .orderBy('created_at', 'desc')
    .limit(MAX_TOLD)
    .execute();
  const replays = cancels.filter(({ generation }) => generation > 0);
  return {
    cancelled: cancels.map((cancel) => cancel.id),
    ...(replays.length > 0 && {
      generations: Object.fromEntries(replays.map(({ id, generation }) => [id, generation])),
    }),
    paused: await readPaused(db),
  };
}

/** Names of the tasks that are paused, in order. */
export async function readPaused(db: Database | Tx): Promise<string[]> {
  const rows = await db.selectFrom('paused_tasks').select('task').orderBy('task').execute();
  return rows.map((row) => row.task);
}
