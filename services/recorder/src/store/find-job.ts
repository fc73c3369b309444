import type { JobRecord } from '@heddle/contracts';
import { isTerminal } from '@heddle/contracts';
import { compareText } from '../merge/event-order.ts';
import type { Attempt } from '../merge/merge-attempts.ts';
import type { Progress } from '../merge/merge-progress.ts';
import { parseOr } from './job-history-rows.ts';
import { isHidden } from './kept-input.ts';
import type { Database, JobRow } from './schema.ts';

export async function findJob(db: Database, id: string): Promise<JobRecord | undefined> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && recordOf(row);
}

/** A row as people see it. */
export function recordOf(row: JobRow): JobRecord {
  const attempts = parseOr<Attempt[]>(row.attempts, []);
  const progress = parseOr<Progress | null>(row.progress, null);
  return {
    id: row.id,
    task: row.task,
    state: row.state,
    priority: row.priority,
    generation: row.generation,
    tags: parseOr<string[]>(row.tags, []),
    attempts: attempts.toSorted(compareAttempts).map((attempt) => ({
      number: attempt.number,
      run: attempt.run,
      worker: attempt.worker,
      startedAt: attempt.startedAt,
      endedAt: attempt.end?.at ?? null,
      error: attempt.end?.error ?? null,
    })),
    progress:
      progress === null || progress.fraction === null
        ? null
        : { fraction: progress.fraction, note: progress.note },
    input: parseOr<unknown>(row.edited_input ?? row.input, undefined),
    body: row.body_type === null ? null : { type: row.body_type, bytes: row.body_bytes ?? 0 },
    timeoutMs: row.timeout_ms,
    retry: parseOr<NonNullable<JobRecord['retry']> | null>(row.retry, null),
    deadline: row.deadline,
    batch: row.batch,
    result: parseOr<unknown>(row.result, undefined),
    error: parseOr<JobRecord['error']>(row.error, null),
    outputs: parseOr<JobRecord['outputs']>(row.outputs, []).filter((output) => !isHidden(output.name)),
    acceptedAt: row.accepted_at,
    dueAt: row.due_at,
    startedAt: firstStart(attempts, row.generation),
    endedAt: isTerminal(row.state) ? row.state_at : null,
    resultExpiresAt: row.result_until ?? row.result_gone,
    updatedAt: row.updated_at,
  };
}

/** In the order they were made. */
function compareAttempts(a: Attempt, b: Attempt): number {
  return (
    a.generation - b.generation ||
    a.number - b.number ||
    (a.startedAt ?? Number.MAX_SAFE_INTEGER) - (b.startedAt ?? Number.MAX_SAFE_INTEGER) ||
    compareText(a.run, b.run)
  );
}

/** When the job first ran since it was accepted or last replayed. */
function firstStart(attempts: readonly Attempt[], generation: number): number | null {
  let first: number | null = null;
  for (const attempt of attempts) {
    if (attempt.generation !== generation || attempt.startedAt === null) continue;
    if (first === null || attempt.startedAt < first) first = attempt.startedAt;
  }
  return first;
}
