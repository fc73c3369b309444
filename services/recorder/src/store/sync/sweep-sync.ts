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
