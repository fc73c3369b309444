import { type RecorderReplies, type TaskAnnouncement } from '@heddle/contracts';
import type { Store } from './open-database.ts';
import { outgoingNews, putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';

/** Keeps the newest announcement of each task, and tells everybody if that changes anything. */
export async function announceTasks(
  { db }: Store,
  tasks: readonly TaskAnnouncement[],
): Promise<RecorderReplies['announce']> {
  // One row a task, in one order: workers that start together do not wait for each other in a circle.
  const byName = new Map(tasks.map((task) => [task.name, JSON.stringify(task)]));
  const rows = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, announcement]) => ({ name, announcement, announced_at: Date.now() }));
  await runTransaction(db, async (tx) => {
    const known = await tx
      .selectFrom('tasks')
      .select(['name', 'announcement'])
      .where('name', 'in', [...byName.keys()])
      .execute();
    const unchanged = known.filter((task) => byName.get(task.name) === task.announcement);
    await tx
      .insertInto('tasks')
      .values(rows)
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({
          announcement: eb.ref('excluded.announcement'),
          announced_at: eb.ref('excluded.announced_at'),
        })),
      )
      .execute();
    if (unchanged.length === rows.length) return;
    await putOutgoing(tx, [outgoingNews({ type: 'tasks-changed' })]);
  });
  return { tasks: rows.length };
}

/** Every task that was ever announced, by name. */
export async function readTasks(db: Database): Promise<RecorderReplies['tasks']> {
  const rows = await db.selectFrom('tasks').selectAll().orderBy('name').execute();
  return {
    tasks: rows.map((row) => ({
      ...(JSON.parse(row.announcement) as TaskAnnouncement),
      announcedAt: row.announced_at,
    })),
  };
}

/** The names of all of them, in order. */
export async function readTaskNames(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('tasks').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}
