import type { Database } from './schema.ts';

/**
 * Forgets keys of serial tasks that have never had a state, whose rows are there only because somebody looked, at most `limit`; gives
 * how many. A state itself is the user's, an account's balance, and kept for ever.
 */
export async function forgetEmptyStates(db: Database, before: number, limit: number): Promise<number> {
  const isUnused = db
    .selectFrom('key_states')
    .select(['name', 'key'])
    .where('version', '=', 0)
    .where('has_waiters', '=', 0)
    .where('updated_at', '<', before)
    .limit(limit);
  let deleted = 0;
  for (const { name, key } of await isUnused.execute()) {
    const { numDeletedRows } = await db
      .deleteFrom('key_states')
      .where('name', '=', name)
      .where('key', '=', key)
      .where('version', '=', 0)
      .where('has_waiters', '=', 0)
      .executeTakeFirstOrThrow();
    deleted += Number(numDeletedRows);
  }
  return deleted;
}
