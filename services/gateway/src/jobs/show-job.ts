import { HeddleError, jobIdSchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { viewJob } from './view-job.ts';

/** `GET /v1/jobs/{id}` */
export function showJob({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (_request, response, { id }) => {
    const record = await recorder.ask({ op: 'job', id: requireJobId(id) });
    answerJson(response, 200, viewJob(record), { 'Cache-Control': 'no-store' });
  };
}

/** What can be no id is the id of no job. */
export function requireJobId(id: string | undefined): string {
  const parsed = jobIdSchema.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new HeddleError(
    'job_not_found',
    'there is no job of this id: expected 1 to 200 printable ASCII characters',
  );
}
