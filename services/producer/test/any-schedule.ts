import type { ScheduleRecord } from '@heddle/contracts';

export function anySchedule(fields: Partial<ScheduleRecord> = {}): ScheduleRecord {
  return {
    id: 'nightly',
    task: 'debug.echo',
    input: 1,
    cron: null,
    timeZone: 'UTC',
    everyMs: null,
    missed: 'skip',
    paused: false,
    options: {},
    lastTickAt: null,
    lastJob: null,
    createdAt: 0,
    ...fields,
  };
}
