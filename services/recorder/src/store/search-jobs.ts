import { type JobFilter, type JobRecord, type JobState, jobStates } from '@heddle/contracts';
import { type ExpressionBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { recordOf } from './find-job.ts';
import { decodeCursor, encodeCursor, type PageEnd } from './page-cursor.ts';
import type { Database, JobRow, Schema } from './schema.ts';

export interface Search {
  readonly filter: JobFilter;
  readonly cursor?: string | undefined;
  /** Most jobs in one page. */
  readonly limit: number;
}

/** A page ends early when its jobs would make the reply larger than a message should be. */
const MAX_PAGE_CHARACTERS = 4 * 1024 * 1024;
/** Rows read at once: with the largest recorded inputs, 16 of them are 4 MiB. */
const ROWS_AT_ONCE = 25;

/** A page of jobs, newest first, and the cursor of the next one. Throws `invalid_cursor`. */
export async function searchJobs(
  db: Database,
  { filter, cursor, limit }: Search,
): Promise<{ jobs: JobRecord[]; next: string | null }> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const keys = await findKeys(db, filter, after, limit + 1);
  const wanted = keys.slice(0, limit);
  const jobs: JobRecord[] = [];
  let characters = 0;
  let read = 0;
  while (read < wanted.length && characters < MAX_PAGE_CHARACTERS) {
    const ids = wanted.slice(read, read + ROWS_AT_ONCE).map((key) => key.id);
    for (const row of await readRows(db, ids)) {
      jobs.push(recordOf(row));
      characters += sizeOf(row);
    }
    read += ids.length;
  }
  const last = wanted[read - 1];
  return { jobs, next: last && read < keys.length ? encodeCursor(last) : null };
}

/**
 * The keys of a page, from an index alone. Each index has the state before the order of the pages, so a search that
 * names no state takes the newest of each state and the newest of those.
 */
async function findKeys(
  db: Database,
  filter: JobFilter,
  after: PageEnd | undefined,
  limit: number,
): Promise<PageEnd[]> {
  const states: readonly JobState[] = filter.state ? [filter.state] : jobStates;
  const [first, ...others] = states.map((state) =>
    db.selectFrom(keysOfState(db, filter, state, after, limit).as(state)).selectAll(),
  );
  if (!first) return [];
  const all = others.reduce((union, other) => union.unionAll(other), first);
  return await db
    .selectFrom(all.as('keys'))
    .select(['acceptedAt', 'id'])
    .orderBy('acceptedAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

function keysOfState(
  db: Database,
  filter: JobFilter,
  state: JobState,
  after: PageEnd | undefined,
  limit: number,
): SelectQueryBuilder<Schema, 'job_tags', PageEnd> {
  const { task, tag, since, until, error } = filter;
  // A tag's row knows what the job's row is searched by. Both tables have these columns, under these names.
  const table = tag === undefined ? 'jobs' : 'job_tags';
  const id = tag === undefined ? sql.ref<string>('id') : sql.ref<string>('job_id');
  const query = db.selectFrom(table as 'job_tags') as SelectQueryBuilder<Schema, 'job_tags', object>;
  return query
    .select(['accepted_at as acceptedAt', id.as('id')])
    .$if(tag !== undefined, (narrowed) => narrowed.where('tag', '=', tag as string))
    .$if(error !== undefined, (narrowed) => narrowed.where('error_code', '=', error as string))
    .$if(task !== undefined, (narrowed) => narrowed.where('task', '=', task as string))
    .where('state', '=', state)
    .$if(since !== undefined, (narrowed) => narrowed.where('accepted_at', '>=', since as number))
    .$if(until !== undefined, (narrowed) => narrowed.where('accepted_at', '<', until as number))
    .$if(after !== undefined, (narrowed) => narrowed.where(isAfter(id, after as PageEnd)))
    .orderBy('accepted_at', 'desc')
    .orderBy(id, 'desc')
    .limit(limit);
}

function isAfter(id: ReturnType<typeof sql.ref<string>>, end: PageEnd) {
  return (eb: ExpressionBuilder<Schema, 'job_tags'>) =>
    eb(eb.refTuple('accepted_at', id as never), '<', eb.tuple(end.acceptedAt, end.id) as never);
}

async function readRows(db: Database, ids: readonly string[]): Promise<JobRow[]> {
  const rows = await db.selectFrom('jobs').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  // One that retention has deleted since its key was read is left out.
  return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
}

function sizeOf(row: JobRow): number {
  const texts = [row.input, row.result, row.error, row.outputs, row.attempts];
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
