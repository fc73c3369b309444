import type { CommitStep, WireProperties } from '@heddle/contracts';
import type { KeyStateRow, WaiterRow } from './key-state-tables.ts';
import { type OutgoingMessage, putOutgoing } from './outbox.ts';
import type { Tx } from './schema.ts';

/** Of those that wait for one key so many look at it again at a time, so that a change does not wake a crowd in vain. */
const AWAKE_AT_ONCE = 20;

type Waiter = Pick<WaiterRow, 'attempt'>;

/** Which of these jobs wait, or were woken and have not ended yet. */
export async function readWaiters(tx: Tx, jobs: readonly string[]): Promise<Map<string, Waiter>> {
  const rows = await tx
    .selectFrom('waiters')
    .select(['job_id', 'attempt'])
    .where('job_id', 'in', jobs)
    .execute();
  return new Map(rows.map((row) => [row.job_id, row]));
}

/** How many jobs wait for a key, awake or not. */
export async function countWaiters(tx: Tx, { name, key }: KeyStateRow): Promise<number> {
  const { count } = await tx
    .selectFrom('waiters')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('name', '=', name)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return count;
}

/** Puts jobs in line, or back to their places there. The key's row must be locked. */
export async function parkWaiters(tx: Tx, state: KeyStateRow, steps: readonly CommitStep[]): Promise<void> {
  for (const { event, parked } of steps) {
    if (!parked) continue;
    const { waiting, message } = parked;
    const row: WaiterRow = {
      job_id: event.job,
      name: state.name,
      key: state.key,
      since: waiting.since,
      until: waiting.until,
      seen_version: state.version,
      awake: 0,
      woken_at: 0,
      attempt: event.attempt + 1,
      task: event.task,
      properties: JSON.stringify(message.properties),
      body: message.body,
    };
    const { job_id: _, ...changed } = row;
    await tx
      .insertInto('waiters')
      .values(row)
      .onConflict((conflict) => conflict.column('job_id').doUpdateSet(changed))
      .execute();
  }
}

/** These jobs wait no more. */
export async function forgetWaiters(tx: Tx, jobs: readonly string[]): Promise<void> {
  if (jobs.length > 0) await tx.deleteFrom('waiters').where('job_id', 'in', jobs).execute();
}

/**
 * Lets those who wait longest and have not seen the newest version look at it, a few at a time: the next ones follow as
 * these say what they made of it. Gives how many. The key's row must be locked, and is to be written after it.
 */
export async function wakeNext(tx: Tx, state: KeyStateRow, now: number): Promise<number> {
  const inLine = () => tx.selectFrom('waiters').where('name', '=', state.name).where('key', '=', state.key);
  const { awake } = await inLine()
    .select((eb) => eb.fn.countAll<number>().as('awake'))
    .where('awake', '=', 1)
    .executeTakeFirstOrThrow();
  const room = AWAKE_AT_ONCE - awake;
  if (room <= 0) return 0;
  const next = await inLine()
    .selectAll()
    .where('awake', '=', 0)
    .where('seen_version', '<', state.version)
    .orderBy('since')
    .orderBy('job_id')
    .limit(room)
    .execute();
  const woken = await wake(tx, next, now);
  if (next.length > 0 || awake > 0) return woken;
  const any = await inLine().select('job_id').limit(1).executeTakeFirst();
  if (!any) state.has_waiters = 0;
  return 0;
}

/** Publishes the messages of jobs that wait, as their next attempts; gives how many another recorder has not woken meanwhile. */
export async function wake(tx: Tx, waiters: readonly WaiterRow[], now: number): Promise<number> {
  if (waiters.length === 0) return 0;
  const woken = await tx
    .updateTable('waiters')
    .set({ awake: 1, woken_at: now })
    .where(
      'job_id',
      'in',
      waiters.map((waiter) => waiter.job_id),
    )
    .where('awake', '=', 0)
    .returning('job_id')
    .execute();
  const ids = new Set(woken.map((waiter) => waiter.job_id));
  await putOutgoing(tx, waiters.filter((waiter) => ids.has(waiter.job_id)).map(messageOf));
  return ids.size;
}

function messageOf({ task, properties, body }: WaiterRow): OutgoingMessage<'heddle.submit'> {
  const message = {
    kind: 'job' as const,
    body: Buffer.from(body),
    properties: JSON.parse(properties) as WireProperties,
  };
  return { exchange: 'heddle.submit', routingKey: task, message, mandatory: true };
}
