import { type EventType, eventStates, type JobState } from '@heddle/contracts';
import { sql } from 'kysely';
import type { JobHistory } from '../merge/merge-events.ts';
import type { DeadCountRow, JobRow, Tx } from './schema.ts';

const DAY_MS = 86_400_000;

/** Days since the epoch, UTC. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** What decides the group that a dead job is counted in. */
type Dead = Pick<JobRow, 'task' | 'state' | 'error_code' | 'state_at'>;

/** How many jobs died, by task, error and day, kept beside the rows as the counts by state are. */
export class DeadCounts {
  readonly #shard: number;
  readonly #changes = new Map<string, DeadCountRow>();

  constructor(shard: number) {
    this.#shard = shard;
  }

  /** A job is new or may have changed. */
  move(known: JobHistory | undefined, row: Dead): void {
    const before = known && eventStates[known.outcome.moment.type satisfies EventType];
    if (known && before && isDead(before)) {
      const { task } = known.origin;
      const { errorCode, moment } = known.outcome;
      this.add({ task, state: before, error_code: errorCode, state_at: moment.at }, -1);
    }
    this.add(row, 1);
  }

  /** Counts a job if it is dead. */
  add({ task, state, error_code, state_at }: Dead, jobs: number): void {
    if (!isDead(state)) return;
    const row = { task, error_code: error_code ?? '', day: dayOf(state_at), state, shard: this.#shard, jobs };
    const key = JSON.stringify([task, row.error_code, row.day, state]);
    const change = this.#changes.get(key);
    if (change) change.jobs += jobs;
    else this.#changes.set(key, row);
  }

  async write(tx: Tx): Promise<void> {
    const rows = [...this.#changes]
      .filter(([, change]) => change.jobs !== 0)
      // In one order, so that transactions do not wait for each other in a circle.
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, change]) => change);
    for (const row of rows) {
      await tx
        .insertInto('dead_counts')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['task', 'error_code', 'day', 'state', 'shard'])
            .doUpdateSet({ jobs: sql<number>`dead_counts.jobs + excluded.jobs` }),
        )
        .execute();
    }
  }
}

function isDead(state: JobState): state is DeadCountRow['state'] {
  return state === 'dead' || state === 'failed';
}
