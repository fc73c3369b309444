import type { DemandOf, SyncOutcome } from '@heddle/contracts';
import type { SyncContext } from './sync-context.ts';
import type { SyncObjectRow } from './sync-tables.ts';

/** Stands in the condition's line: from the answer on, no wake-up passes it by. */
export async function waitForNotice(
  c: SyncContext,
  session: string,
  asked: DemandOf<'wait'>,
): Promise<SyncOutcome> {
  const row = await c.open(asked.object, 0);
  const known = await c.outcomeOf(asked.ticket);
  // It may have missed a wake-up: better one too many.
  if (!known && asked.known) return { is: 'woken' };
  return known ?? (await c.wait(row, { session, ticket: asked.ticket }, 'wait'));
}

export async function notify(c: SyncContext, asked: DemandOf<'notify'>): Promise<SyncOutcome> {
  const row = await c.open(asked.object, 0);
  return { is: 'notified', count: await wake(c, row, asked.count) };
}

/** Wakes those who have waited the longest. */
export async function wake(c: SyncContext, row: SyncObjectRow, count: number | null): Promise<number> {
  const waiters = await c.waiting(row, 'wait', count);
  for (const waiter of waiters) await c.grant(row, waiter, { is: 'woken' });
  return waiters.length;
}
