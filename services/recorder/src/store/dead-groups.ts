import type { DeadSelection, RecorderReplies } from '@heddle/contracts';
import { sql } from 'kysely';
import { dayOf } from './count-dead.ts';
import type { Database, DeadCountRow } from './schema.ts';

const DAY_MS = 86_400_000;

/** Dead jobs of one task, one error and one day, that died in one way. */
export type DeadGroup = Pick<DeadCountRow, 'task' | 'error_code' | 'day' | 'state' | 'jobs'>;

/** The groups that a selection takes in, the oldest first; read from counts, however many jobs there are. */
export async function findDeadGroups(
  db: Database,
  { task, error, day, include }: Omit<DeadSelection, 'ids'>,
): Promise<DeadGroup[]> {
  const sum = sql<number>`cast(sum(jobs) as bigint)`;
  return await db
    .selectFrom('dead_counts')
    .select(['task', 'error_code', 'day', 'state', sum.as('jobs')])
    .$if(task !== undefined, (query) => query.where('task', '=', task as string))
    .$if(error !== undefined, (query) => query.where('error_code', '=', error as string))
    .$if(day !== undefined, (query) => query.where('day', '=', dayOf(Date.parse(day as string))))
    .$if(include === undefined, (query) => query.where('state', '=', 'dead'))
    .groupBy(['task', 'error_code', 'day', 'state'])
    .having(sum, '>', 0)
    .orderBy('day')
    .orderBy('task')
    .orderBy('error_code')
    .orderBy('state')
    .execute();
}

/** A page of a group's jobs, those that died first coming first, from an index alone. */
export async function pageOfGroup(
  db: Database,
  group: DeadGroup,
  after: { readonly id: string; readonly at: number } | undefined,
  limit: number,
): Promise<{ id: string; at: number }[]> {
  return await jobsOfGroup(db, group)
    .$if(after !== undefined, (query) =>
      query.where((eb) => eb(eb.refTuple('state_at', 'id'), '>', eb.tuple(after?.at ?? 0, after?.id ?? ''))),
    )
    .orderBy('state_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

async function newestOfGroup(db: Database, group: DeadGroup): Promise<string | undefined> {
  const newest = jobsOfGroup(db, group).orderBy('state_at', 'desc').orderBy('id', 'desc').limit(1);
  return (await newest.executeTakeFirst())?.id;
}

function jobsOfGroup(db: Database, group: DeadGroup) {
  return (
    db
      .selectFrom('jobs')
      .select(['id', 'state_at as at'])
      // As in the index, so that both databases use it.
      .where(sql<boolean>`state in ('dead', 'failed')`)
      .where('state', '=', group.state)
      .where('task', '=', group.task)
      .where('error_code', '=', group.error_code)
      .where('state_at', '>=', group.day * DAY_MS)
      .where('state_at', '<', (group.day + 1) * DAY_MS)
  );
}

/** Dead jobs by task, error and day, the newest day first. */
export async function readDeadGroups(
  db: Database,
  include: 'failed' | undefined,
): Promise<RecorderReplies['dead-groups']> {
  const groups = new Map<string, RecorderReplies['dead-groups']['groups'][number]>();
  for (const group of (await findDeadGroups(db, { ...(include && { include }) })).toReversed()) {
    const newest = await newestOfGroup(db, group);
    if (newest === undefined) continue;
    const { task, error_code: error, jobs: count } = group;
    const day = new Date(group.day * DAY_MS).toISOString().slice(0, 10);
    const key = JSON.stringify([task, error, day]);
    const known = groups.get(key);
    if (known) known.count += count;
    else groups.set(key, { task, error, day, count, newest });
  }
  return { groups: [...groups.values()] };
}
