import { cancelQuerySchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { requireJobId } from './show-job.ts';

/** `DELETE /v1/jobs/{id}`: 200 when the job has ended by it, 202 when its worker has been told to stop. */
export function cancelJob({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (request, response, { id }) => {
    const { reason } = check(cancelQuerySchema, readQuery(request));
    const job = requireJobId(id);
    const cancelled = await recorder.ask({
      op: 'cancel',
      id: job,
      ...(reason !== undefined && { reason }),
    });
    answerJson(response, cancelled.state === 'cancelled' ? 200 : 202, cancelled, {
      Location: `/v1/jobs/${encodeURIComponent(job)}`,
      'Cache-Control': 'no-store',
    });
  };
}
