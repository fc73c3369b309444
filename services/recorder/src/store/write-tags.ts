import type { JobHistory } from '../merge/merge-events.ts';
import { ChunkedStatement } from './chunked-statement.ts';
import type { JobRow, JobTagRow, Tx } from './schema.ts';

const COLUMNS = [
  'job_id',
  'tag',
  'task',
  'state',
  'error_code',
  'accepted_at',
] as const satisfies (keyof JobTagRow)[];

/** What a batch of events does to the tags' rows. */
export class TagChanges {
  readonly rows: JobTagRow[] = [];
  readonly untagged: string[] = [];

  /** A job is new or has changed. */
  note(known: JobHistory | undefined, history: JobHistory, row: JobRow): void {
    const { tags } = history.origin;
    if (known?.origin === history.origin && known.outcome === history.outcome) return;
    if (known && known.origin !== history.origin && known.origin.tags.length > 0)
      this.untagged.push(history.id);
    for (const tag of tags) {
      this.rows.push({
        job_id: history.id,
        tag,
        task: row.task,
        state: row.state,
        error_code: row.error_code,
        accepted_at: row.accepted_at,
      });
    }
  }
}

/** Keeps the rows of the tags in step with the jobs' rows. */
export class TagWriter {
  readonly #upsert = new ChunkedStatement<JobTagRow>(
    (tx, count) =>
      tx
        .insertInto('job_tags')
        .values(
          Array.from(
            { length: count },
            () => Object.fromEntries(COLUMNS.map((column) => [column, ''])) as unknown as JobTagRow,
          ),
        )
        .onConflict((conflict) =>
          conflict.columns(['job_id', 'tag']).doUpdateSet((eb) => ({
            task: eb.ref('excluded.task'),
            state: eb.ref('excluded.state'),
            error_code: eb.ref('excluded.error_code'),
            accepted_at: eb.ref('excluded.accepted_at'),
          })),
        )
        .compile(),
    (row) => COLUMNS.map((column) => row[column]),
  );

  async write(tx: Tx, { rows, untagged }: TagChanges): Promise<void> {
    if (untagged.length > 0) await tx.deleteFrom('job_tags').where('job_id', 'in', untagged).execute();
    await this.#upsert.run(tx, rows);
  }
}
