import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDatabase } from '../../../../test/support/postgres.ts';
import { openPostgres, type PostgresPatience } from './open-postgres.ts';

const LONG_MS = 120_000;
const patient: PostgresPatience = { statementMs: LONG_MS, idleTransactionMs: LONG_MS, answerMs: LONG_MS };
/** A statement that outlives any test: what is waited for is the limit that ends it. */
const endless = sql`select pg_sleep(600)`;

let database: Awaited<ReturnType<typeof createDatabase>>;
let broken: Error[];
let db: Kysely<unknown> | undefined;

beforeEach(async () => {
  database = await createDatabase();
  broken = [];
});
afterEach(async () => {
  await db?.destroy();
  await database.drop();
});

function open(patience: Partial<PostgresPatience>): Kysely<unknown> {
  const onError = (error: Error) => broken.push(error);
  db = new Kysely<unknown>({ dialect: openPostgres(database.url, onError, { ...patient, ...patience }) });
  return db;
}
const works = (some: Kysely<unknown>) => sql<{ one: number }>`select 1 as one`.execute(some);

test('a statement that takes too long is given up by the server, and its connection goes on', async () => {
  const some = open({ statementMs: 1_000 });
  await expect(endless.execute(some)).rejects.toMatchObject({ code: '57014' });
  expect((await works(some)).rows).toEqual([{ one: 1 }]);
  expect(broken).toEqual([]);
});

test('waiting for the lock of another transaction is given up, too', async () => {
  const some = open({ statementMs: 1_000 });
  await sql`create table t (id int primary key)`.execute(some);
  await sql`insert into t values (1)`.execute(some);
  await some.transaction().execute(async (tx) => {
    await sql`select * from t for update`.execute(tx);
    await expect(sql`update t set id = 2`.execute(some)).rejects.toMatchObject({ code: '57014' });
  });
});

test('a server that does not answer is given up with the connection, and the next query has another', async () => {
  const some = open({ answerMs: 2_000 });
  const unanswered = some.transaction().execute((tx) => endless.execute(tx));
  await expect(unanswered).rejects.toThrow('the database has not answered within 2000 ms');
  expect((await works(some)).rows).toEqual([{ one: 1 }]);
});

test('a transaction that stands still is ended by the server, and sets free what it had locked', async () => {
  const some = open({ idleTransactionMs: 50 });
  await some
    .transaction()
    .execute(async (tx) => {
      await works(tx);
      await vi.waitFor(() => expect(broken).not.toEqual([]), { timeout: 30_000 });
      await works(tx);
    })
    .then(
      () => expect.unreachable('the transaction goes on'),
      (error: unknown) => expect(error).toBeInstanceOf(Error),
    );
  expect((await works(some)).rows).toEqual([{ one: 1 }]);
});
