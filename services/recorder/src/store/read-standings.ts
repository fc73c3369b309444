import {
  isTerminal,
  type JobResult,
  type JobStanding,
  type OutputDescription,
  type RecorderReplies,
} from '@heddle/contracts';
import { isResultGone } from './expire-results.ts';
import { parseOr } from './job-history-rows.ts';
import { isHidden } from './kept-input.ts';
import type { Database, JobRow } from './schema.ts';

/** Results may be as large as a message: so many are read at once. */
const ROWS_AT_ONCE = 20;
/** Share of a message that results may fill. */
const FILL = 0.9;

const COLUMNS = ['id', 'state', 'result', 'error', 'outputs', 'result_until', 'result_gone'] as const;

/** Where these jobs stand; those that did not fit are in neither list. */
export async function readStandings(
  db: Database,
  ids: readonly string[],
  maxMessageBytes: number,
): Promise<RecorderReplies['job-ends']> {
  const jobs: JobStanding[] = [];
  const unknown: string[] = [];
  let bytesLeft = maxMessageBytes * FILL;
  for (let first = 0; first < ids.length; first += ROWS_AT_ONCE) {
    const asked = ids.slice(first, first + ROWS_AT_ONCE);
    const rows = await db.selectFrom('jobs').select(COLUMNS).where('jobs.id', 'in', asked).execute();
    const known = new Set(rows.map(({ id }) => id));
    unknown.push(...asked.filter((id) => !known.has(id)));
    for (const row of rows) {
      bytesLeft -=
        Buffer.byteLength(`${row.id}${row.result ?? ''}${row.error ?? ''}${row.outputs ?? ''}`) + 100;
      if (bytesLeft < 0 && jobs.length > 0) return { jobs, unknown };
      jobs.push(standingOf(row));
    }
  }
  return { jobs, unknown };
}

function standingOf(row: Pick<JobRow, (typeof COLUMNS)[number]>): JobStanding {
  const { id: job, state } = row;
  if (!isTerminal(state)) return { job, state };
  if (isResultGone(row)) {
    const message = 'the result was kept for its time to live, which is over';
    return { job, state, error: { code: 'result_expired', message } };
  }
  const error = parseOr<JobResult['error'] | null>(row.error, null);
  const outputs = parseOr<OutputDescription[]>(row.outputs, []).filter(({ name }) => !isHidden(name));
  return {
    job,
    state,
    ...(row.result !== null && { result: parseOr<unknown>(row.result, undefined) }),
    ...(error && { error }),
    ...(outputs.length > 0 && { outputs }),
  };
}
