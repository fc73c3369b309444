import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../test/open-test-store.ts';
import { forgetEmptyStates } from './forget-empty-states.ts';
import type { Store } from './open-database.ts';

describe.each(databaseKinds)('keys of serial tasks on %s', (kind) => {
  let database: TestDatabase;
  let store: Store;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    store = await database.open();
  });
  afterAll(async () => {
    await store.db.destroy();
    await database.remove();
  });

  test('are forgotten if they have never had a state, nobody waits, and nobody has looked lately', async () => {
    const row = (
      key: string,
      more: { version?: number; has_waiters?: number; updated_at?: number } = {},
    ) => ({
      name: 'accounts',
      key,
      value: more.version ? '1' : null,
      version: 0,
      has_waiters: 0,
      updated_at: 1_000,
      ...more,
    });
    const kept = [
      row('state', { version: 1 }),
      row('waited for', { has_waiters: 1 }),
      row('new', { updated_at: 3_000 }),
    ];
    const unused = ['a', 'b', 'c'].map((key) => row(key));
    await store.db
      .insertInto('key_states')
      .values([...kept, ...unused])
      .execute();
    expect(await forgetEmptyStates(store.db, 2_000, 2)).toBe(2);
    expect(await forgetEmptyStates(store.db, 2_000, 2)).toBe(1);
    const left = await store.db.selectFrom('key_states').select('key').orderBy('key').execute();
    expect(left.map(({ key }) => key)).toEqual(['new', 'state', 'waited for']);
  });
});
