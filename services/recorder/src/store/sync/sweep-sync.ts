import type { Database } from '../schema.ts';

/** Sessions that have taken something, wait for something, or have not confirmed a wake-up. */
export async function readSessions(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('sync_items')
    .select('session')
    .where('session', 'is not', null)
    .union(
      db
        .selectFrom('sync_tickets')
        .select('session')
        .where((eb) => eb.or([eb('ended_at', 'is', null), eb('wants', '=', 'wait')])),
    )
    .execute();
  return rows.flatMap(({ session }) => session ?? []);
}

/** Forgets outcomes that nobody has asked for again. */
export async function forgetOutcomes(db: Database, before: number): Promise<void> {
  await db.deleteFrom('sync_tickets').where('ended_at', '<', before).execute();
}

/**
 * Forgets objects that nobody has used since then, with nothing in them and nobody waiting, at most `limit`; gives how many. With them
 * goes their size. What was shut down or is broken stays so until somebody says otherwise.
 */
export async function forgetUnused(db: Database, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sync_objects')
    .where('object', 'in', (eb) =>
      eb
        .selectFrom('sync_objects')
        .select('object')
        .where('updated_at', '<', before)
        .where('unfinished', '=', 0)
        .where('waiting', '=', 0)
        .where('state', '=', 'open')
        .limit(limit),
    )
    // Again: it may have been used since it was looked at.
    .where('updated_at', '<', before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
