import type { KeyState } from '@heddle/contracts';
import type { KeyStateRow } from './key-state-tables.ts';
import type { Store } from './open-database.ts';
import type { Database, Tx } from './schema.ts';

/** The state of a key; version 0 if there is none. */
export async function readState(db: Database, name: string, key: string): Promise<KeyState> {
  const row = await db
    .selectFrom('key_states')
    .select(['version', 'value'])
    .where('name', '=', name)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!row || row.value === null) return { version: row?.version ?? 0 };
  return { version: row.version, value: JSON.parse(row.value) as unknown };
}

/** The row of a key, locked until the transaction ends; made if there is none. */
export async function lockState(store: Store, tx: Tx, name: string, key: string): Promise<KeyStateRow> {
  const known = await selectLocked(store, tx, name, key);
  if (known) return known;
  await tx
    .insertInto('key_states')
    .values({ name, key, version: 0, value: null, has_waiters: 0, updated_at: Date.now() })
    .onConflict((conflict) => conflict.columns(['name', 'key']).doNothing())
    .execute();
  const made = await selectLocked(store, tx, name, key);
  if (!made) throw new Error(`the row of key ${key} of ${name} has gone`);
  return made;
}

function selectLocked(store: Store, tx: Tx, name: string, key: string): Promise<KeyStateRow | undefined> {
  return tx
    .selectFrom('key_states')
    .selectAll()
    .where('name', '=', name)
    .where('key', '=', key)
    .$if(store.shared, (query) => query.forUpdate())
    .executeTakeFirst();
}
