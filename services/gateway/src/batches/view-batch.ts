import type { BatchRecord, BatchView } from '@heddle/contracts';
import { iso, isoOrNull } from '../jobs/view-job.ts';

/** A batch as REST shows it. */
export function viewBatch({ counts, ...record }: BatchRecord): BatchView {
  const { total, ...ended } = counts;
  const done = Object.values(ended).reduce((sum, jobs) => sum + jobs, 0);
  return {
    id: record.id,
    task: record.task,
    state: record.state,
    counts,
    // A folder that is still being listed.
    progress: total === 0 ? 0 : Math.min(1, done / total),
    reduceJob: record.reduceJob,
    result: record.result ?? null,
    acceptedAt: iso(record.acceptedAt),
    endedAt: isoOrNull(record.endedAt),
  };
}
