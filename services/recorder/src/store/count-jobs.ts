import type { RecorderReplies } from '@heddle/contracts';
import { eventStates, type JobState } from '@heddle/contracts';
import { sql } from 'kysely';
import type { JobHistory } from '../merge/merge-events.ts';
import type { Database, JobRow, Tx } from './schema.ts';

/**
 * How many jobs of each task are in each state, kept beside the rows: a batch of events changes a handful of counts,
 * whereas counting a million index entries takes a tenth of a second.
 */
export class JobCounts {
  readonly #shard: number;
  readonly #changes = new Map<string, { task: string; state: JobState; jobs: number }>();

  constructor(shard: number) {
    this.#shard = shard;
  }

  /** A job is new or may have changed its task or state. */
  move(known: JobHistory | undefined, row: Pick<JobRow, 'task' | 'state'>): void {
    if (known) this.add(known.origin.task, eventStates[known.outcome.moment.type], -1);
    this.add(row.task, row.state, 1);
  }

  add(task: string, state: JobState, jobs: number): void {
    const key = `${task} ${state}`;
    const change = this.#changes.get(key);
    if (change) change.jobs += jobs;
    else this.#changes.set(key, { task, state, jobs });
  }

  async write(tx: Tx): Promise<void> {
    const rows = [...this.#changes]
      .filter(([, change]) => change.jobs !== 0)
      // In one order, so that transactions do not wait for each other in a circle.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, change]) => ({ ...change, shard: this.#shard }));
    if (rows.length === 0) return;
    await tx
      .insertInto('job_counts')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['task', 'state', 'shard'])
          .doUpdateSet({ jobs: sql<number>`job_counts.jobs + excluded.jobs` }),
      )
      .execute();
  }
}

/** Jobs by task and state; what there are none of is left out. */
export async function readCounts(db: Database): Promise<RecorderReplies['counts']> {
  const sum = sql<number>`cast(sum(jobs) as bigint)`;
  return await db
    .selectFrom('job_counts')
    .select(['task', 'state', sum.as('count')])
    .groupBy(['task', 'state'])
    .having(sum, '>', 0)
    .orderBy('task')
    .orderBy('state')
    .execute();
}
