import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A database of its own on the run's shared server. */
export interface TestDatabase {
  /** For `DATABASE_URL`. */
  readonly url: string;
  /** Ends its sessions and removes it. */
  drop(): Promise<void>;
}

/** Makes an empty database; about 50 ms. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = process.env['HEDDLE_TEST_POSTGRES'];
  if (!server) throw new Error('HEDDLE_TEST_POSTGRES is not set: the global set-up of this test has not run');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
