import { randomUUID } from 'node:crypto';
import type { Database } from './schema.ts';

const EPOCH = 'stream-epoch';

/** The event stream was made anew, so its offsets mean something else from now on. */
export async function beginEpoch(db: Database): Promise<void> {
  await db
    .insertInto('facts')
    .values({ name: EPOCH, value: newEpoch() })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute();
}

/** The epoch of the event stream; the first one begins when it is first asked for. */
export async function readEpoch(db: Database): Promise<string> {
  await db
    .insertInto('facts')
    .values({ name: EPOCH, value: newEpoch() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const fact = await db
    .selectFrom('facts')
    .select('value')
    .where('name', '=', EPOCH)
    .executeTakeFirstOrThrow();
  return fact.value;
}

/** Short, because it stands in the id of every live event. */
function newEpoch(): string {
  return randomUUID().slice(0, 8);
}
