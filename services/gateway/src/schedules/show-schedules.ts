import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { findSchedule } from './find-schedule.ts';
import { viewSchedule } from './view-schedule.ts';

type Parts = Pick<GatewayParts, 'recorder'>;

const FRESH = { 'Cache-Control': 'no-store' };

/** `GET /v1/schedules` */
export function listSchedules({ recorder }: Parts): Handler {
  return async (_request, response) => {
    const { schedules } = await recorder.ask({ op: 'schedules' });
    answerJson(response, 200, { schedules: schedules.map(viewSchedule) }, FRESH);
  };
}

/** `GET /v1/schedules/{id}` */
export function showSchedule({ recorder }: Parts): Handler {
  return async (_request, response, { id }) => {
    answerJson(response, 200, viewSchedule(await findSchedule(recorder, id)), FRESH);
  };
}

/** `DELETE /v1/schedules/{id}`: jobs that it has made already stay. */
export function deleteSchedule({ recorder }: Parts): Handler {
  return async (_request, response, { id }) => {
    const found = await findSchedule(recorder, id);
    answerJson(response, 200, await recorder.ask({ op: 'delete-schedule', id: found.id }), FRESH);
  };
}
