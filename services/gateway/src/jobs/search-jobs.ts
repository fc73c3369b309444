import { searchQuerySchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { viewJob } from './view-job.ts';

/** `GET /v1/jobs` */
export function searchJobs({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (request, response) => {
    const { limit, cursor, since, until, ...filter } = check(searchQuerySchema, readQuery(request));
    const { jobs, next } = await recorder.ask({
      op: 'jobs',
      filter: {
        ...filter,
        ...(since !== undefined && { since: Math.max(0, Date.parse(since)) }),
        ...(until !== undefined && { until: Math.max(0, Date.parse(until)) }),
      },
      limit,
      ...(cursor !== undefined && { cursor }),
    });
    answerJson(response, 200, { jobs: jobs.map(viewJob), next }, { 'Cache-Control': 'no-store' });
  };
}
