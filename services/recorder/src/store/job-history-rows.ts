import { DEFAULT_PRIORITY, eventStates } from '@heddle/contracts';
import type { Moment } from '../merge/event-order.ts';
import type { Attempt } from '../merge/merge-attempts.ts';
import type { JobHistory } from '../merge/merge-events.ts';
import type { Progress } from '../merge/merge-progress.ts';
import type { JobRow } from './schema.ts';

/** Columns that come from the `accepted` event. */
export const ORIGIN_COLUMNS = [
  'task',
  'accepted',
  'accepted_at',
  'priority',
  'tags',
  'timeout_ms',
  'retry',
  'deadline',
  'result_ttl_ms',
  'webhook',
  'batch',
  'batch_index',
  'body_type',
  'body_bytes',
  'input',
] as const satisfies (keyof JobRow)[];

/** Columns that come from the event that decides the state. */
export const OUTCOME_COLUMNS = [
  'state',
  'event',
  'generation',
  'attempt',
  'run',
  'seq',
  'state_at',
  'due_at',
  'error_code',
  'error',
  'result',
  'outputs',
] as const satisfies (keyof JobRow)[];

/** Columns that any event may change. */
export const PROGRESS_COLUMNS = ['attempts', 'progress', 'updated_at'] as const satisfies (keyof JobRow)[];

/** Columns that come from a replay with an input of its own. */
export const EDIT_COLUMNS = ['edited', 'edited_input'] as const satisfies (keyof JobRow)[];

/** Columns of a success whose result is not kept as long as the job. */
export const RESULT_TTL_COLUMNS = ['result_until'] as const satisfies (keyof JobRow)[];

/** All columns that come from events. */
export const COLUMNS = [
  'id',
  ...ORIGIN_COLUMNS,
  ...OUTCOME_COLUMNS,
  ...PROGRESS_COLUMNS,
  ...EDIT_COLUMNS,
  ...RESULT_TTL_COLUMNS,
] as const satisfies (keyof JobRow)[];

/** Columns that are null in the rows of most jobs when these are new. */
const RARE_COLUMNS: ReadonlySet<keyof JobRow> = new Set([
  'timeout_ms',
  'retry',
  'deadline',
  'result_ttl_ms',
  'webhook',
  'batch',
  'batch_index',
  'body_type',
  'body_bytes',
  'due_at',
  ...EDIT_COLUMNS,
  ...RESULT_TTL_COLUMNS,
]);

export function isRare(column: keyof JobRow): boolean {
  return RARE_COLUMNS.has(column);
}

/** Whether the rare columns of a row are all null. */
export function isPlain(row: JobRow): boolean {
  for (const column of RARE_COLUMNS) if (row[column] !== null) return false;
  return true;
}

/** What is read of a row to go on merging: not its input, result and outputs, which may be large. */
export const MERGED_COLUMNS = [
  'id',
  'task',
  'accepted',
  'accepted_at',
  'tags',
  'batch',
  'batch_index',
  'edited',
  'state',
  'event',
  'generation',
  'attempt',
  'run',
  'seq',
  'state_at',
  'error_code',
  ...PROGRESS_COLUMNS,
] as const satisfies (keyof JobRow)[];
export type MergedRow = Pick<JobRow, (typeof MERGED_COLUMNS)[number]>;

/** The history that a row stands for. */
export function historyOf(row: MergedRow): JobHistory {
  return {
    id: row.id,
    origin: {
      accepted: row.accepted,
      at: row.accepted_at,
      task: row.task,
      tags: parseOr<string[]>(row.tags, []),
      batch: row.batch === null ? null : { id: row.batch, index: row.batch_index ?? undefined },
    },
    outcome: {
      moment: {
        type: row.event,
        generation: row.generation,
        attempt: row.attempt,
        run: row.run,
        seq: row.seq,
        at: row.state_at,
      },
      errorCode: row.error_code,
    },
    attempts: parseOr<Attempt[]>(row.attempts, []),
    progress: parseOr<Progress | null>(row.progress, null),
    edit: row.edited === null ? null : { moment: JSON.parse(row.edited) as Moment },
    updatedAt: row.updated_at,
  };
}

/** The row of a history. Columns of parts whose event is in the database already are null: they are not to be written. */
export function rowOf(history: JobHistory): JobRow {
  const { origin, outcome, attempts, progress, edit } = history;
  const accepted = origin.event;
  const { moment, event } = outcome;
  const error = event && 'error' in event ? event.error : undefined;
  const succeeded = event?.type === 'succeeded' ? event : undefined;
  return {
    id: history.id,
    task: origin.task,
    accepted: origin.accepted,
    accepted_at: origin.at,
    priority: accepted?.priority ?? DEFAULT_PRIORITY,
    tags: origin.tags.length > 0 ? JSON.stringify(origin.tags) : null,
    timeout_ms: accepted?.timeoutMs ?? null,
    retry: jsonOr(accepted?.retry),
    deadline: accepted?.deadline ?? null,
    result_ttl_ms: accepted?.resultTtlMs ?? null,
    webhook: jsonOr(accepted?.webhook),
    batch: origin.batch?.id ?? null,
    batch_index: origin.batch?.index ?? null,
    body_type: accepted?.body?.type ?? null,
    body_bytes: accepted?.body?.bytes ?? null,
    input: jsonOr(accepted?.input),
    state: eventStates[moment.type],
    event: moment.type,
    generation: moment.generation,
    attempt: moment.attempt,
    run: moment.run,
    seq: moment.seq,
    state_at: moment.at,
    due_at: event && 'until' in event ? event.until : null,
    error_code: outcome.errorCode,
    error: jsonOr(error),
    result: jsonOr(succeeded?.result),
    outputs: jsonOr(succeeded?.outputs),
    attempts: attempts.length > 0 ? JSON.stringify(attempts) : null,
    progress: progress ? JSON.stringify(progress) : null,
    // Not from an event: the submit writes it.
    unique_key: null,
    // Written by the sweep.
    result_gone: null,
    result_until: succeeded?.resultTtlMs === undefined ? null : moment.at + succeeded.resultTtlMs,
    edited: edit ? JSON.stringify(edit.moment) : null,
    edited_input: jsonOr(edit?.input?.value),
    updated_at: history.updatedAt,
  };
}

export function parseOr<T>(text: string | null, absent: T): T {
  return text === null ? absent : (JSON.parse(text) as T);
}

function jsonOr(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
