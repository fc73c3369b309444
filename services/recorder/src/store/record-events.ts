import { type JobEvent, WEBHOOK_TASK } from '@heddle/contracts';
import { type JobHistory, mergeEvent } from '../merge/merge-events.ts';
import { ChunkedStatement } from './chunked-statement.ts';
import { BatchChanges } from './count-batches.ts';
import { DeadCounts } from './count-dead.ts';
import { JobCounts } from './count-jobs.ts';
import { ForeignEvent, WriteConflict } from './database-error.ts';
import {
  COLUMNS,
  EDIT_COLUMNS,
  historyOf,
  isPlain,
  isRare,
  MERGED_COLUMNS,
  type MergedRow,
  ORIGIN_COLUMNS,
  OUTCOME_COLUMNS,
  PROGRESS_COLUMNS,
  RESULT_TTL_COLUMNS,
  rowOf,
} from './job-history-rows.ts';
import type { Store } from './open-database.ts';
import { insertOf, updateOf } from './row-statements.ts';
import type { JobRow, Tx } from './schema.ts';
import { TagChanges, TagWriter } from './write-tags.ts';

/** Writes events into the jobs' rows: one read of what is known, the fold in memory, one write of what has changed. */
export class EventWriter {
  readonly #store: Store;
  readonly #tags = new TagWriter();
  readonly #read: ChunkedStatement<string, MergedRow>;
  /** Most jobs have nothing in the rare columns, and each column costs. */
  readonly #insertPlain = insertOf(COLUMNS.filter((column) => !isRare(column)));
  readonly #insertWhole = insertOf(COLUMNS);
  readonly #updates: Record<Part, ChunkedStatement<JobRow>> = {
    progress: updateOf(PROGRESS_COLUMNS),
    outcome: updateOf([...OUTCOME_COLUMNS, ...PROGRESS_COLUMNS]),
    origin: updateOf([...ORIGIN_COLUMNS, ...PROGRESS_COLUMNS]),
    both: updateOf([...ORIGIN_COLUMNS, ...OUTCOME_COLUMNS, ...PROGRESS_COLUMNS]),
  };
  readonly #edit = updateOf(EDIT_COLUMNS);
  readonly #expire = updateOf(RESULT_TTL_COLUMNS);
  #hasOutgoing = false;

  constructor(store: Store) {
    this.#store = store;
    this.#read = new ChunkedStatement<string, MergedRow>(
      (tx, count) =>
        tx
          .selectFrom('jobs')
          .select(MERGED_COLUMNS)
          .where(
            'id',
            'in',
            Array.from({ length: count }, () => ''),
          )
          .$if(store.shared, (query) => query.orderBy('id').forUpdate())
          .compile(),
      (id) => [id],
    );
  }

  /** Whether something has come into the outbox since this was last asked: a batch is complete, or stops. */
  takeHasOutgoing(): boolean {
    const had = this.#hasOutgoing;
    this.#hasOutgoing = false;
    return had;
  }

  /** Throws `WriteConflict` if another recorder has made one of the rows in the meantime: the transaction is to be run again. */
  async write(tx: Tx, events: readonly JobEvent[]): Promise<void> {
    const ids = [...new Set(events.map((event) => event.job))];
    // Recorders that lock rows in one order do not wait for each other in a circle.
    if (this.#store.shared) ids.sort();
    const before = new Map<string, JobHistory>();
    for (const row of (await this.#read.run(tx, ids)).rows) before.set(row.id, historyOf(row));
    const after = new Map<string, JobHistory>(ids.map((id) => [id, before.get(id) as JobHistory]));
    for (const event of events) {
      const history = after.get(event.job);
      if (event.task === WEBHOOK_TASK && history && history.origin.task !== WEBHOOK_TASK)
        throw new ForeignEvent(`expected an event of ${history.origin.task}, got one of ${WEBHOOK_TASK}`);
      after.set(event.job, mergeEvent(history, event));
    }
    await this.#writeRows(tx, before, after);
  }

  async #writeRows(tx: Tx, before: Map<string, JobHistory>, after: Map<string, JobHistory>): Promise<void> {
    const counts = new JobCounts(this.#store.shard);
    const dead = new DeadCounts(this.#store.shard);
    const batches = new BatchChanges();
    const tags = new TagChanges();
    const edited: JobRow[] = [];
    const expiring: JobRow[] = [];
    const fresh: JobRow[] = [];
    const changed: Record<Part, JobRow[]> = { progress: [], outcome: [], origin: [], both: [] };
    for (const [id, history] of after) {
      const known = before.get(id);
      if (known === history) continue;
      const row = rowOf(history);
      if (known) changed[partOf(known, history)].push(row);
      else fresh.push(row);
      if (known && known.edit !== history.edit) edited.push(row);
      if (known && row.result_until !== null) expiring.push(row);
      tags.note(known, history, row);
      counts.move(known, row);
      dead.move(known, row);
      batches.note(known, history);
    }
    const plain = fresh.filter(isPlain);
    const whole = fresh.filter((row) => !isPlain(row));
    const inserted =
      (await this.#insertPlain.run(tx, plain)).affected + (await this.#insertWhole.run(tx, whole)).affected;
    if (inserted < fresh.length) throw new WriteConflict();
    for (const part of PARTS) await this.#updates[part].run(tx, changed[part]);
    await this.#edit.run(tx, edited);
    await this.#expire.run(tx, expiring);
    await this.#tags.write(tx, tags);
    await counts.write(tx);
    await dead.write(tx);
    // Last, because recorders that work on the same batch wait here for each other.
    if (await batches.write(tx, Date.now())) this.#hasOutgoing = true;
  }
}

/** Which columns of a known row have changed, besides those that any event may change. */
const PARTS = ['progress', 'outcome', 'origin', 'both'] as const;
type Part = (typeof PARTS)[number];

function partOf(known: JobHistory, history: JobHistory): Part {
  const origin = known.origin !== history.origin;
  const outcome = known.outcome !== history.outcome;
  return origin ? (outcome ? 'both' : 'origin') : outcome ? 'outcome' : 'progress';
}
