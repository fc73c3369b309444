import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { untilGone } from '../http/gone.ts';
import type { Handler } from '../http/route.ts';
import { traceparentOf } from '../http/traceparent.ts';
import { enqueueJob } from '../jobs/enqueue-job.ts';
import { idempotencyKeyOf } from '../jobs/submit-keyed.ts';
import { findSchedule } from './find-schedule.ts';

type Parts = Pick<GatewayParts, 'broker' | 'submitter' | 'recorder' | 'ends' | 'draining'>;

/** `POST /v1/schedules/{id}/run`: one job now, also of a paused schedule; its rhythm goes on as before. */
export function runSchedule(parts: Parts): Handler {
  return async (request, response, parameters) => {
    const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key']);
    const { task, input, options } = await findSchedule(parts.recorder, parameters['id']);
    const { id, state } = await enqueueJob(
      parts,
      {
        task,
        input,
        // Checked when the schedule was posted.
        options,
        traceparent: traceparentOf(request.headers['traceparent']),
      },
      { idempotencyKey, waitMs: 0, signal: () => untilGone(response, parts.draining) },
    );
    answerJson(response, 202, { id, task, state }, { Location: `/v1/jobs/${id}` });
  };
}
