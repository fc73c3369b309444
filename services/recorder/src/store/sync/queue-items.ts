import type { DemandOf, SyncOutcome } from '@heddle/contracts';
import type { Asker, SyncContext } from './sync-context.ts';
import type { SyncItemRow, SyncObjectRow } from './sync-tables.ts';

type Put = Pick<DemandOf<'put'>, 'value' | 'rank'>;

export async function put(c: SyncContext, session: string, asked: DemandOf<'put'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.maxsize);
  const known = await c.outcomeOf(asked.ticket);
  if (known) return known;
  if (row.state === 'closed') return { is: 'shut-down' };
  const asker = { session, ticket: asked.ticket };
  if (row.size > 0 && row.ready >= row.size) {
    if (!asked.wait) return { is: 'full' };
    return await c.wait(row, asker, 'put', { value: asked.value, rank: asked.rank });
  }
  await add(c, row, asked.ticket, asked);
  await c.keep(row, asker, 'put', { is: 'put' });
  await serve(c, row);
  return { is: 'put' };
}

export async function get(c: SyncContext, session: string, asked: DemandOf<'get'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.maxsize);
  const asker = { session, ticket: asked.ticket };
  const known = (await takenBy(c, asked.ticket)) ?? (await c.outcomeOf(asked.ticket));
  if (known) return known;
  if (row.ready > 0) {
    const got = await take(c, row, asker);
    await serve(c, row);
    return got;
  }
  if (row.state === 'closed') return { is: 'shut-down' };
  if (!asked.wait) return { is: 'empty' };
  return await c.wait(row, asker, 'get');
}

/** What a ticket has taken and not settled. */
export async function takenBy(c: SyncContext, ticket: string): Promise<SyncOutcome | undefined> {
  const item = await c.tx
    .selectFrom('sync_items')
    .select(['id', 'value'])
    .where('taker', '=', ticket)
    .executeTakeFirst();
  return item && got(item);
}

export async function settle(
  c: SyncContext,
  session: string,
  asked: DemandOf<'done'> | DemandOf<'give-back'>,
): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.maxsize);
  const known = await c.outcomeOf(asked.ticket);
  if (known) return known;
  const lost: string[] = [];
  for (const { item, ticket } of asked.taken) {
    const had = asked.is === 'done' ? await remove(c, item, ticket) : await putBack(c, item, ticket);
    if (!had) lost.push(item);
    else if (asked.is === 'done') row.unfinished -= 1;
    else row.ready += 1;
  }
  const settled = { is: 'settled', lost } as const;
  await c.keep(row, { session, ticket: asked.ticket }, 'nothing', settled);
  await serve(c, row);
  return settled;
}

export async function join(c: SyncContext, session: string, asked: DemandOf<'join'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.maxsize);
  const known = await c.outcomeOf(asked.ticket);
  if (known) return known;
  if (row.unfinished === 0) return { is: 'joined' };
  return await c.wait(row, { session, ticket: asked.ticket }, 'join');
}

export async function shutDown(c: SyncContext, asked: DemandOf<'shut-down'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.maxsize);
  row.state = 'closed';
  if (asked.immediate && row.ready > 0) {
    await c.tx.deleteFrom('sync_items').where('object', '=', row.object).where('taker', 'is', null).execute();
    row.unfinished -= row.ready;
    row.ready = 0;
  }
  for (const putter of await c.waiting(row, 'put', null)) await c.grant(row, putter, { is: 'shut-down' });
  await serve(c, row);
  return { is: 'shut-down' };
}

/** Gives what can be given to those who wait, after any change. */
export async function serve(c: SyncContext, row: SyncObjectRow): Promise<void> {
  while (row.waiting > 0 && ((await serveGetter(c, row)) || (await servePutter(c, row))));
  if (row.unfinished > 0) return;
  for (const joiner of await c.waiting(row, 'join', null)) await c.grant(row, joiner, { is: 'joined' });
}

async function serveGetter(c: SyncContext, row: SyncObjectRow): Promise<boolean> {
  if (row.ready === 0 && row.state === 'open') return false;
  const [getter] = await c.waiting(row, 'get', 1);
  if (!getter) return false;
  if (row.ready === 0) await c.grant(row, getter, { is: 'shut-down' });
  // The item remembers who has it.
  else await c.grant(row, getter, await take(c, row, { session: getter.session, ticket: getter.id }), false);
  return true;
}

async function servePutter(c: SyncContext, row: SyncObjectRow): Promise<boolean> {
  if (row.state === 'closed' || (row.size > 0 && row.ready >= row.size)) return false;
  const [putter] = await c.waiting(row, 'put', 1);
  if (!putter) return false;
  await add(c, row, putter.id, JSON.parse(putter.asked ?? '{}') as Put);
  await c.grant(row, putter, { is: 'put' });
  return true;
}

async function add(c: SyncContext, row: SyncObjectRow, id: string, { value, rank }: Put): Promise<void> {
  row.seq += 1;
  row.ready += 1;
  row.unfinished += 1;
  const item = { id, object: row.object, rank, seq: row.seq, value: JSON.stringify(value ?? null) };
  await c.tx.insertInto('sync_items').values(item).execute();
}

async function take(c: SyncContext, row: SyncObjectRow, { session, ticket }: Asker): Promise<SyncOutcome> {
  const newestFirst = row.object.startsWith('lifo-queue.');
  const next = await c.tx
    .selectFrom('sync_items')
    .select(['id', 'value'])
    .where('object', '=', row.object)
    .where('taker', 'is', null)
    .orderBy('rank', newestFirst ? 'desc' : 'asc')
    .orderBy('seq', newestFirst ? 'desc' : 'asc')
    .limit(1)
    .executeTakeFirstOrThrow();
  await c.tx
    .updateTable('sync_items')
    .set({ taker: ticket, session, taken_at: c.now })
    .where('id', '=', next.id)
    .execute();
  row.ready -= 1;
  return got(next);
}

async function remove(c: SyncContext, item: string, ticket: string): Promise<boolean> {
  const { numDeletedRows } = await c.tx
    .deleteFrom('sync_items')
    .where('id', '=', item)
    .where('taker', '=', ticket)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** To its old place: an item that comes back is the next one of its rank. */
async function putBack(c: SyncContext, item: string, ticket: string): Promise<boolean> {
  const { numUpdatedRows } = await c.tx
    .updateTable('sync_items')
    .set({ taker: null, session: null, taken_at: null })
    .where('id', '=', item)
    .where('taker', '=', ticket)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

function got({ id, value }: Pick<SyncItemRow, 'id' | 'value'>): SyncOutcome {
  return { is: 'got', item: id, value: JSON.parse(value) as unknown };
}
