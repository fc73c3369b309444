import { Client } from 'pg';
import { expect, it } from 'vitest';
import { createDatabase } from './postgres.ts';

it('makes a database of its own and removes it while somebody is still connected', async () => {
  const database = await createDatabase();
  const client = new Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  const answer = await client.query('SELECT current_database() AS name');
  expect(new URL(database.url).pathname).toBe(`/${answer.rows[0].name}`);
  await database.drop();
  await expect(new Client({ connectionString: database.url }).connect()).rejects.toThrow('does not exist');
});
