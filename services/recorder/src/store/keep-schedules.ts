import { HeddleError, type RecorderReplies, type ScheduleRecord } from '@heddle/contracts';
import type { ScheduleRow } from './batch-tables.ts';
import type { Store } from './open-database.ts';
import { outgoingNews, putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';
import type { Database } from './schema.ts';

/** Keeps a schedule, new or changed; what it has done so far stays with it. */
export async function putSchedule({ db }: Store, schedule: ScheduleRecord): Promise<ScheduleRecord> {
  const row = await runTransaction(db, async (tx) => {
    const put = await tx
      .insertInto('schedules')
      .values(rowOf(schedule))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          task: eb.ref('excluded.task'),
          input: eb.ref('excluded.input'),
          cron: eb.ref('excluded.cron'),
          time_zone: eb.ref('excluded.time_zone'),
          every_ms: eb.ref('excluded.every_ms'),
          missed: eb.ref('excluded.missed'),
          paused: eb.ref('excluded.paused'),
          options: eb.ref('excluded.options'),
        })),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    await putOutgoing(tx, [outgoingNews({ type: 'schedules-changed' })]);
    return put;
  });
  return recordOf(row);
}

export async function readSchedules(db: Database): Promise<RecorderReplies['schedules']> {
  const rows = await db.selectFrom('schedules').selectAll().orderBy('id').execute();
  return { schedules: rows.map(recordOf) };
}

/** Throws `schedule_not_found`. */
export async function deleteSchedule({ db }: Store, id: string): Promise<{ id: string }> {
  await runTransaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('schedules')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw new HeddleError('schedule_not_found', `there is no schedule "${id}"`);
    await putOutgoing(tx, [outgoingNews({ type: 'schedules-changed' })]);
  });
  return { id };
}

/** Remembers a tick, unless a later one is remembered already or the schedule has been deleted. */
export async function rememberTick(
  { db }: Store,
  id: string,
  at: number,
  job: string | null,
): Promise<{ id: string }> {
  await db
    .updateTable('schedules')
    .set({ last_tick_at: at, ...(job !== null && { last_job: job }) })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('last_tick_at', 'is', null), eb('last_tick_at', '<', at)]))
    .execute();
  return { id };
}

function rowOf(schedule: ScheduleRecord): ScheduleRow {
  return {
    id: schedule.id,
    task: schedule.task,
    input: JSON.stringify(schedule.input ?? null),
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    every_ms: schedule.everyMs,
    missed: schedule.missed,
    paused: schedule.paused ? 1 : 0,
    options: JSON.stringify(schedule.options),
    last_tick_at: schedule.lastTickAt,
    last_job: schedule.lastJob,
    created_at: schedule.createdAt,
  };
}

function recordOf(row: ScheduleRow): ScheduleRecord {
  return {
    id: row.id,
    task: row.task,
    input: JSON.parse(row.input) as unknown,
    cron: row.cron,
    timeZone: row.time_zone,
    everyMs: row.every_ms,
    missed: row.missed,
    paused: row.paused === 1,
    options: JSON.parse(row.options) as Record<string, unknown>,
    lastTickAt: row.last_tick_at,
    lastJob: row.last_job,
    createdAt: row.created_at,
  };
}
