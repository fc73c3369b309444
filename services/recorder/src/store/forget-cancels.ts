import { eventStates, isTerminal } from '@heddle/contracts';
import type { Attempt } from '../merge/merge-attempts.ts';
import { parseOr } from './job-history-rows.ts';
import type { Database } from './schema.ts';

/**
 * Forgets, of one chunk of cancels after an id, those whose job a worker has ended, or that are for an earlier
 * generation of it, and those made before `before`. Gives the id to go on from; undefined: there are no more.
 */
export async function forgetCancels(
  db: Database,
  after: string,
  before: number,
  limit: number,
): Promise<string | undefined> {
  const cancels = await db
    .selectFrom('cancels')
    .leftJoin('jobs', 'jobs.id', 'cancels.id')
    .select(['cancels.id', 'cancels.of', 'cancels.generation', 'cancels.created_at'])
    .select(['jobs.generation as current', 'jobs.attempts'])
    .where('cancels.id', '>', after)
    .orderBy('cancels.id')
    .limit(limit)
    .execute();
  const consumed = cancels.filter(
    (cancel) =>
      cancel.created_at < before ||
      (cancel.of === 'job' &&
        ((cancel.current ?? 0) > cancel.generation || wasConsumed(cancel.attempts, cancel.generation))),
  );
  const ids = consumed.map((cancel) => cancel.id);
  if (ids.length > 0) await db.deleteFrom('cancels').where('id', 'in', ids).execute();
  return cancels.length === limit ? cancels.at(-1)?.id : undefined;
}

/** Whether a worker has ended the job: its message is gone then. */
function wasConsumed(attempts: string | null, generation: number): boolean {
  return parseOr<Attempt[]>(attempts, []).some(
    (attempt) =>
      attempt.generation === generation && attempt.end !== null && isTerminal(eventStates[attempt.end.type]),
  );
}
