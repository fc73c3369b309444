import type { DemandOf, KeyedObject, SyncOutcome } from '@heddle/contracts';
import { breakBarrier } from './barrier-parties.ts';
import { wake } from './condition-waiters.ts';
import { serve, takenBy } from './queue-items.ts';
import type { SyncContext } from './sync-context.ts';
import type { SyncObjectRow } from './sync-tables.ts';

/**
 * Ends a wait, unless it has come to its end meanwhile. One that has not begun is remembered as cancelled: its demand may
 * be on its way still.
 */
export async function cancel(
  c: SyncContext,
  session: string,
  { object, ticket }: DemandOf<'cancel'>,
): Promise<SyncOutcome> {
  const row = await c.find(object);
  if (!row) {
    const ended = { is: 'cancelled' } as const;
    if (!(await c.outcomeOf(ticket))) await c.keep({ object, seq: 0 }, { session, ticket }, 'nothing', ended);
    return ended;
  }
  const known = (await takenBy(c, ticket)) ?? (await c.outcomeOf(ticket));
  if (known && known.is !== 'waiting') return known;
  // As in Python: who gives up waiting at a barrier breaks it for all.
  if (object.startsWith('barrier.')) await breakBarrier(c, row);
  const ended = { is: object.startsWith('barrier.') ? 'broken' : 'cancelled' } as const;
  if (!known) await c.keep(row, { session, ticket }, 'nothing', ended);
  if (!known || ended.is === 'broken') return ended;
  await c.tx.deleteFrom('sync_tickets').where('id', '=', ticket).execute();
  row.waiting -= 1;
  return { is: 'cancelled' };
}

/** Forgets an object; who waits for it is told that it was shut down. */
export async function deleteObject(c: SyncContext, { object }: DemandOf<'delete'>): Promise<SyncOutcome> {
  const row = await c.find(object);
  if (!row) return { is: 'deleted' };
  for (const wants of ['put', 'get', 'join', 'pass', 'wait'] as const) {
    const outcome = { is: wants === 'pass' ? 'broken' : wants === 'wait' ? 'woken' : 'shut-down' } as const;
    for (const ticket of await c.waiting(row, wants, null)) await c.grant(row, ticket, outcome);
  }
  await c.tx.deleteFrom('sync_items').where('object', '=', object).execute();
  await c.tx.deleteFrom('sync_objects').where('object', '=', object).execute();
  c.forget(object);
  return { is: 'deleted' };
}

/** The objects that a session has something of, in the order in which they are locked. */
export async function objectsOf(c: SyncContext, session: string): Promise<KeyedObject[]> {
  const rows = await c.tx
    .selectFrom('sync_items')
    .select('object')
    .where('session', '=', session)
    .union(c.tx.selectFrom('sync_tickets').select('object').where('session', '=', session))
    .execute();
  return rows.map(({ object }) => object as KeyedObject).toSorted();
}

/**
 * A session has ended: the items it had taken come back, it waits for nothing any more, a barrier that it stood at breaks, and
 * a wake-up that it was given and has not confirmed goes to somebody else.
 */
export async function dropSession(c: SyncContext, session: string): Promise<void> {
  for (const object of await objectsOf(c, session)) {
    const row = await c.find(object);
    if (row) await dropFrom(c, row, session);
  }
}

async function dropFrom(c: SyncContext, row: SyncObjectRow, session: string): Promise<void> {
  const { object } = row;
  const back = await c.tx
    .updateTable('sync_items')
    .set({ taker: null, session: null, taken_at: null })
    .where('object', '=', object)
    .where('session', '=', session)
    .executeTakeFirstOrThrow();
  row.ready += Number(back.numUpdatedRows);
  const gone = await c.tx
    .deleteFrom('sync_tickets')
    .where('object', '=', object)
    .where('session', '=', session)
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('wants', '=', 'wait')]))
    .returning('ended_at')
    .execute();
  const waited = gone.filter(({ ended_at }) => ended_at === null).length;
  row.waiting -= waited;
  if (object.startsWith('barrier.')) {
    if (waited > 0) await breakBarrier(c, row);
  } else if (object.startsWith('condition.')) {
    const unheard = gone.length - waited;
    if (unheard > 0) await wake(c, row, unheard);
  } else await serve(c, row);
}
