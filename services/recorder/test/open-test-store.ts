import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createDatabase } from '../../../test/support/postgres.ts';
import { openStore, type Store } from '../src/store/open-database.ts';
import { BatchWriter } from '../src/store/record-batch.ts';

export const databaseKinds = ['SQLite', 'PostgreSQL'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export interface TestDatabase {
  /** What the recorder's settings say of it. */
  readonly options: { readonly url?: string | undefined; readonly folder: string };
  open(): Promise<Store>;
  remove(): Promise<void>;
}

/** An empty database of its own for a test file. */
export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-recorder-'));
  const created = kind === 'PostgreSQL' ? await createDatabase() : undefined;
  const options = { url: created?.url, folder };
  return {
    options,
    open: () => openStore({ ...options, onError: () => undefined }),
    async remove() {
      await created?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestStore {
  readonly database: TestDatabase;
  readonly store: Store;
  readonly writer: BatchWriter;
}

/** Opens a store for the tests of a `describe`, and removes it after them. `take` gets it before the first of them. */
export function setUpStore(kind: DatabaseKind, take: (opened: TestStore) => unknown): void {
  let opened: TestStore | undefined;
  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    const store = await database.open();
    opened = { database, store, writer: new BatchWriter(store) };
    await take(opened);
  });
  afterAll(async () => {
    await opened?.store.db.destroy();
    await opened?.database.remove();
  });
}
