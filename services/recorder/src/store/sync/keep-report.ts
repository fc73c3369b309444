import type { DemandOf, SyncOutcome, SyncView } from '@heddle/contracts';
import type { Database, Tx } from '../schema.ts';
import { describeCircle, findCircle, type ReportedWait, victimOf } from './find-circle.ts';
import type { SyncContext } from './sync-context.ts';

/** Sessions report every second: who is silent for longer has nothing to tell, or is gone. */
const FRESH_MS = 10_000;

/** What is kept of a report. */
interface Kept {
  readonly holding: readonly { readonly object: string; readonly fence: number; readonly since: number }[];
  readonly waiting: readonly Omit<ReportedWait, 'session' | 'name' | 'last'>[];
}

/** Keeps what a session holds and waits for, and says which of its waits are to end because nobody of a circle will go on. */
export async function keepReport(
  c: SyncContext,
  session: string,
  { name, holding, waiting }: DemandOf<'report'>,
): Promise<SyncOutcome> {
  const { tx, now } = c;
  if (holding.length + waiting.length === 0) {
    await tx.deleteFrom('sync_reports').where('session', '=', session).execute();
    return { is: 'reported', refused: [] };
  }
  // Most sessions hold something and wait for nothing: they need not read what all others do.
  const reports = waiting.length > 0 ? await readReports(tx, now) : [];
  const before = new Map(reports.flatMap(({ kept }) => kept.waiting).map((one) => [one.id, one]));
  const kept: Kept = {
    holding: holding.map(({ object, fence, ageMs }) => ({ object, fence, since: now - ageMs })),
    waiting: waiting.map(({ id, object, ageMs, holds }) => {
      const known = before.get(id);
      return { id, object, holds, since: known?.since ?? now - ageMs, first: known?.first ?? now };
    }),
  };
  const row = { name, at: now, report: JSON.stringify(kept) };
  await tx
    .insertInto('sync_reports')
    .values({ session, ...row })
    .onConflict((conflict) => conflict.column('session').doUpdateSet(row))
    .execute();
  return { is: 'reported', refused: waiting.length > 0 ? await findRefused(tx, session, now) : [] };
}

async function findRefused(tx: Tx, session: string, now: number) {
  const waits = (await readReports(tx, now)).flatMap((report) =>
    report.kept.waiting.map((one) => ({
      ...one,
      session: report.session,
      name: report.name,
      last: report.at,
    })),
  );
  const own = waits.filter((wait) => wait.session === session);
  return own.flatMap((wait) => {
    const circle = findCircle(wait, waits);
    // The others of the circle learn of it by getting on.
    return circle && victimOf(circle) === wait ? [{ wait: wait.id, circle: describeCircle(circle) }] : [];
  });
}

async function readReports(db: Database | Tx, now: number) {
  const rows = await db
    .selectFrom('sync_reports')
    .selectAll()
    .where('at', '>', now - FRESH_MS)
    .execute();
  return rows.map(({ session, name, at, report }) => ({
    session,
    name,
    at,
    kept: JSON.parse(report) as Kept,
  }));
}

/** What is held and waited for: by reports, and in the lines that are kept here. */
export async function readSync(db: Database, now: number): Promise<SyncView> {
  const reports = await readReports(db, now);
  const tickets = await db
    .selectFrom('sync_tickets')
    .select(['object', 'session', 'name', 'since'])
    .where('ended_at', 'is', null)
    .orderBy('since')
    .limit(1_000)
    .execute();
  return {
    holders: reports.flatMap(({ name, kept }) => kept.holding.map((one) => ({ ...one, session: name }))),
    waiters: [
      ...reports.flatMap(({ name, kept }) =>
        kept.waiting.map(({ object, since, holds }) => ({ object, session: name, since, holds: [...holds] })),
      ),
      ...tickets.map(({ object, session, name, since }) => ({
        object,
        session: name ?? session,
        since,
        holds: [],
      })),
    ],
  };
}

/** Forgets reports of sessions that are silent. */
export async function forgetReports(db: Database, now: number): Promise<void> {
  await db
    .deleteFrom('sync_reports')
    .where('at', '<', now - 60_000)
    .execute();
}
