import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
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
  const created = kind === 'PostgreSQL' ? await createPostgresDatabase() : undefined;
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

async function createPostgresDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['HEDDLE_TEST_POSTGRES'];
  if (server === undefined) throw new Error('HEDDLE_TEST_POSTGRES: expected the URL of a PostgreSQL server');
  const name = `recorder_${randomUUID().replaceAll('-', '')}`;
  await runAsAdmin(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runAsAdmin(server, `drop database if exists ${name} with (force)`) };
}

async function runAsAdmin(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
