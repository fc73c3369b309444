import type { ScheduleRecord, ScheduleView } from '@heddle/contracts';
import { iso, isoOrNull } from '../jobs/view-job.ts';
import { nextRun } from './next-run.ts';

/** A schedule as REST shows it. */
export function viewSchedule(record: ScheduleRecord): ScheduleView {
  return {
    id: record.id,
    task: record.task,
    input: record.input ?? null,
    cron: record.cron,
    timeZone: record.timeZone,
    every: record.everyMs,
    missed: record.missed,
    paused: record.paused,
    options: record.options,
    nextRunAt: record.paused ? null : isoOrNull(dueAt(record)),
    lastTickAt: isoOrNull(record.lastTickAt),
    lastJob: record.lastJob,
    createdAt: iso(record.createdAt),
  };
}

/** One schedule that another version took, and this one cannot read, must not hide the others. */
function dueAt(record: ScheduleRecord): number | null {
  try {
    return nextRun(record);
  } catch {
    return null;
  }
}
