import type { DemandOf, SyncOutcome } from '@heddle/contracts';
import type { SyncContext } from './sync-context.ts';
import type { SyncObjectRow } from './sync-tables.ts';

/** Comes to the barrier: the last one opens it for all. `waiting` counts those who are there. */
export async function pass(c: SyncContext, session: string, asked: DemandOf<'pass'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.parties);
  const known = await c.outcomeOf(asked.ticket);
  if (known) return known;
  if (row.state === 'broken' || asked.known) return { is: 'broken' };
  const asker = { session, ticket: asked.ticket };
  if (row.waiting + 1 < row.size) return await c.wait(row, asker, 'pass');
  const index = row.waiting;
  for (const [place, party] of (await c.waiting(row, 'pass', null)).entries()) {
    await c.grant(row, party, { is: 'passed', index: place });
  }
  const passed = { is: 'passed', index } as const;
  await c.keep(row, asker, 'pass', passed);
  return passed;
}

export async function changeBarrier(c: SyncContext, asked: DemandOf<'barrier'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, asked.parties);
  if (asked.change !== 'none') await breakBarrier(c, row);
  if (asked.change === 'reset') row.state = 'open';
  return { is: 'barrier', waiting: row.waiting, broken: row.state === 'broken' };
}

/** Those who wait learn of it, and whoever comes later. */
export async function breakBarrier(c: SyncContext, row: SyncObjectRow): Promise<void> {
  row.state = 'broken';
  for (const party of await c.waiting(row, 'pass', null)) await c.grant(row, party, { is: 'broken' });
}
