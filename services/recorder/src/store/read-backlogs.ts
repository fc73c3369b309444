import { branchQueues, isTerminal, type JobState, type TaskAnnouncement } from '@heddle/contracts';
import { readCounts } from './count-jobs.ts';
import { readPaused } from './keep-cancels.ts';
import type { Database } from './schema.ts';

/** What of a task is not done. */
export interface TaskBacklog {
  readonly task: string;
  readonly paused: boolean;
  /** Queues besides the task's own in which its jobs wait. */
  readonly branches: ReturnType<typeof branchQueues>;
  readonly unfinished: Partial<Record<JobState, number>>;
  /** Jobs that have ended, of those kept. */
  readonly ended: number;
  /** Since when the oldest queued job waits, milliseconds since the epoch; absent: none does. */
  readonly oldestAt: number | undefined;
}

/** Among so many of the oldest jobs is looked for one that is no replay: those were accepted long before they came to wait. */
const LOOKED_AT = 20;
/** Counting more would take time and say nothing new. */
const MOST_COUNTED = 100_000;

/** Every announced task, by name. A handful of indexed reads a task that has something queued. */
export async function readBacklogs(db: Database): Promise<TaskBacklog[]> {
  const names = await db.selectFrom('tasks').select(['name', 'announcement']).orderBy('name').execute();
  const counts = await readCounts(db);
  const paused = new Set(await readPaused(db));
  const backlogs: TaskBacklog[] = [];
  for (const { name: task, announcement } of names) {
    const unfinished: Partial<Record<JobState, number>> = {};
    let ended = 0;
    for (const { task: counted, state, count } of counts) {
      if (counted !== task) continue;
      if (isTerminal(state)) ended += count;
      else unfinished[state] = count;
    }
    const oldestAt = (unfinished.queued ?? 0) > 0 ? await readOldest(db, task) : undefined;
    backlogs.push({
      task,
      paused: paused.has(task),
      branches: branchesOf(announcement),
      unfinished,
      ended,
      oldestAt,
    });
  }
  return backlogs;
}

/** Announcements carry whole schemas: those of fair and of serial tasks only are parsed. */
function branchesOf(announcement: string): TaskBacklog['branches'] {
  if (!/"(fair|serial)"/.test(announcement)) return [];
  return branchQueues(JSON.parse(announcement) as TaskAnnouncement);
}

async function readOldest(db: Database, task: string): Promise<number | undefined> {
  const rows = await db
    .selectFrom('jobs')
    .select(['accepted_at', 'state_at'])
    .where('task', '=', task)
    .where('state', '=', 'queued')
    .orderBy('accepted_at')
    .orderBy('id')
    .limit(LOOKED_AT)
    .execute();
  if (rows.length === 0) return undefined;
  return Math.min(...rows.map((row) => Math.max(row.accepted_at, row.state_at)));
}

/** Messages that wait to be published, at most `MOST_COUNTED`. */
export async function countOutbox(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom(db.selectFrom('outbox').select('id').limit(MOST_COUNTED).as('some'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
