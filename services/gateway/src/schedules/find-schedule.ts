import { HeddleError, type ScheduleRecord } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';

/** Rejects with `schedule_not_found`. */
export async function findSchedule(
  recorder: GatewayParts['recorder'],
  id: string | undefined,
): Promise<ScheduleRecord> {
  const { schedules } = await recorder.ask({ op: 'schedules' });
  const found = schedules.find((schedule) => schedule.id === id);
  if (found) return found;
  throw new HeddleError(
    'schedule_not_found',
    'there is no schedule of this id; GET /v1/schedules lists them',
  );
}
