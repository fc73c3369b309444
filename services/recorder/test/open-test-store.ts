import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../../test/support/postgres.ts';
import { openStore, type Store } from '../src/store/open-database.ts';

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
