import { readPaused } from './keep-cancels.ts';
import type { Store } from './open-database.ts';
import { outgoingNews, putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';

/** Pauses a task or lets it go on, and tells everybody which tasks are paused now. */
export async function pauseTask(
  { db }: Store,
  task: string,
  paused: boolean,
): Promise<{ task: string; paused: boolean }> {
  await runTransaction(db, async (tx) => {
    if (paused) {
      await tx
        .insertInto('paused_tasks')
        .values({ task, paused_at: Date.now() })
        .onConflict((conflict) => conflict.column('task').doNothing())
        .execute();
    } else await tx.deleteFrom('paused_tasks').where('task', '=', task).execute();
    await putOutgoing(tx, [outgoingNews({ type: 'paused', tasks: await readPaused(tx) })]);
  });
  return { task, paused };
}
