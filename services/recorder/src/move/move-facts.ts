import type { Database } from '../store/schema.ts';

/** In the database that is moved away from: that the move has begun, and whether it is done. */
export interface Leaving {
  /** Of the move; both databases have it. */
  readonly id: string;
  readonly done: boolean;
}

/** In the database that is moved to, until all is there: how far each table is. */
export interface Arriving {
  readonly id: string;
  readonly tables: Readonly<Record<string, TableProgress>>;
}

export interface TableProgress {
  /** The last row's `rowid` in the old database. */
  readonly after: number;
  readonly rows: number;
}

interface MoveFacts {
  readonly 'move-leaving': Leaving;
  readonly 'move-arriving': Arriving;
  /** In the database that is moved to, once all is there. */
  readonly 'move-arrived': { readonly id: string };
}

/** What a database knows of a move; absent: nothing. */
export async function readMoveFact<Name extends keyof MoveFacts>(
  db: Database,
  name: Name,
): Promise<MoveFacts[Name] | undefined> {
  const fact = await db.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst();
  return fact && (JSON.parse(fact.value) as MoveFacts[Name]);
}

export async function writeMoveFact<Name extends keyof MoveFacts>(
  db: Database,
  name: Name,
  fact: MoveFacts[Name],
): Promise<void> {
  await db
    .insertInto('facts')
    .values({ name, value: JSON.stringify(fact) })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

export async function deleteMoveFact(db: Database, name: keyof MoveFacts): Promise<void> {
  await db.deleteFrom('facts').where('name', '=', name).execute();
}

/** A recorder that wrote to a database that is left, or to one that is not all there yet, would lose what it writes. */
export async function refuseMoved(db: Database): Promise<void> {
  const leaving = await readMoveFact(db, 'move-leaving');
  if (leaving?.done) {
    throw new Error(
      'this SQLite database was moved to PostgreSQL: expected DATABASE_URL to name it, or "move-to-postgres --undo" to use this one again',
    );
  }
  if (leaving || (await readMoveFact(db, 'move-arriving'))) {
    throw new Error(
      'this database is half moved to PostgreSQL: run "move-to-postgres" again to finish it, or "move-to-postgres --undo" to stay with SQLite',
    );
  }
}
