import { deadQuerySchema, HeddleError, type JobFilter, type JobRecord } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { readQuery } from '../http/read-query.ts';
import type { Handler } from '../http/route.ts';
import { viewJob } from '../jobs/view-job.ts';

const DAY_MS = 86_400_000;
/** Pages of a search that one request looks through for jobs that died on a certain day. */
const MOST_PAGES = 20;

type Recorder = GatewayParts['recorder'];

/** `GET /v1/dead`: the groups, or the jobs of those that the query names. */
export function listDead({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (request, response) => {
    const { include, cursor, limit, ...group } = check(deadQuerySchema, readQuery(request));
    const wantsJobs = Object.keys(group).length > 0 || cursor !== undefined;
    const answer = wantsJobs
      ? await findJobs(recorder, { ...group, include, cursor, limit })
      : await recorder.ask({ op: 'dead-groups', ...(include && { include }) });
    answerJson(response, 200, answer, { 'Cache-Control': 'no-store' });
  };
}

interface Wanted extends Pick<JobFilter, 'task' | 'error'> {
  readonly day?: string;
  readonly include: 'failed' | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

type State = 'dead' | 'failed';

/** A page of a group: first the dead jobs, newest first, then the failed ones if they are wanted. */
async function findJobs(recorder: Recorder, { day, include, cursor, limit, ...filter }: Wanted) {
  const diedOn = day === undefined ? undefined : Date.parse(day);
  const states: readonly State[] = include === 'failed' ? ['dead', 'failed'] : ['dead'];
  // The recorder's cursor does not say which of the two searches it belongs to.
  let at = cursor?.startsWith('failed.') ? states.indexOf('failed') : 0;
  let next = cursor?.replace(/^failed\./, '') || undefined;
  const found: JobRecord[] = [];
  for (let pages = 0; pages < MOST_PAGES && found.length === 0; pages++) {
    const state = states[at];
    if (state === undefined) {
      throw new HeddleError('invalid_cursor', 'it was given for a search with "include=failed"');
    }
    const page = await recorder.ask({
      op: 'jobs',
      filter: { ...filter, state, ...(diedOn !== undefined && { until: diedOn + DAY_MS }) },
      limit,
      ...(next !== undefined && { cursor: next }),
    });
    found.push(...page.jobs.filter((job) => diedOn === undefined || isWithin(job.endedAt, diedOn)));
    next = page.next ?? undefined;
    if (next === undefined) at++;
    if (at >= states.length) return { jobs: found.map(viewJob), next: null };
  }
  return { jobs: found.map(viewJob), next: `${states[at] === 'failed' ? 'failed.' : ''}${next ?? ''}` };
}

function isWithin(time: number | null, day: number): boolean {
  return time !== null && time >= day && time < day + DAY_MS;
}
