import { newJobId } from '@heddle/client';
import {
  type ScheduleBody,
  type ScheduleRecord,
  scheduleBodySchema,
  scheduleChangeSchema,
} from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import type { Handler } from '../http/route.ts';
import { requireJsonTask } from '../jobs/prepare-job.ts';
import { findSchedule } from './find-schedule.ts';
import { requireRhythm } from './next-run.ts';
import { viewSchedule } from './view-schedule.ts';

type Parts = Pick<GatewayParts, 'recorder' | 'tasks' | 'admission' | 'maxMessageBytes'>;

/** `POST /v1/schedules`: 201 for a new one, 200 for one that was there. */
export function putSchedule(parts: Parts): Handler {
  return async (request, response) => {
    const asked = recordOf(await readJsonBody(request, scheduleBodySchema, parts));
    const kept = await keepSchedule(parts, asked);
    const isNew = kept.createdAt === asked.createdAt;
    const Location = `/v1/schedules/${kept.id}`;
    answerJson(response, isNew ? 201 : 200, viewSchedule(kept), isNew ? { Location } : {});
  };
}

/** `POST /v1/schedules/{id}`: what the body names is changed, `paused` for one; the rest stays. */
export function changeSchedule(parts: Parts): Handler {
  return async (request, response, { id }) => {
    const change = await readJsonBody(request, scheduleChangeSchema, parts);
    const current = await findSchedule(parts.recorder, id);
    const changed = recordOf(check(scheduleBodySchema, { ...bodyOf(current, change), ...change }));
    answerJson(response, 200, viewSchedule(await keepSchedule(parts, changed)));
  };
}

/** Rejects with `unknown_task`, `invalid_input`, and `invalid_request` for a rhythm in which nothing comes. */
async function keepSchedule({ recorder, tasks }: Parts, schedule: ScheduleRecord): Promise<ScheduleRecord> {
  requireRhythm(schedule);
  const task = await tasks.find(schedule.task);
  requireJsonTask(task);
  task.checkInput(schedule.input);
  return recorder.ask({ op: 'put-schedule', schedule });
}

function recordOf(body: ScheduleBody): ScheduleRecord {
  return {
    id: body.id ?? newJobId(),
    task: body.task,
    input: body.input,
    cron: body.cron ?? null,
    timeZone: body.timeZone ?? 'UTC',
    everyMs: body.every ?? null,
    missed: body.missed ?? 'skip',
    paused: body.paused ?? false,
    options: body.options ?? {},
    lastTickAt: null,
    lastJob: null,
    createdAt: Date.now(),
  };
}

/** A schedule as it would be posted; a new rhythm takes the place of the other kind. */
function bodyOf(
  { id, task, input, cron, timeZone, everyMs, missed, paused, options }: ScheduleRecord,
  change: { readonly cron?: string | undefined; readonly every?: number | undefined },
): ScheduleBody {
  return {
    id,
    task,
    input,
    timeZone,
    missed,
    paused,
    options,
    ...(cron !== null && change.every === undefined && { cron }),
    ...(everyMs !== null && change.cron === undefined && { every: everyMs }),
  };
}
