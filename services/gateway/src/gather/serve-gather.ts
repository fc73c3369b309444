import { JobSubmitter, type NewJob } from '@heddle/client';
import {
  describeIssues,
  type GatherBody,
  gatherBodySchema,
  HeddleError,
  type Issue,
} from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import { untilGone } from '../http/gone.ts';
import { requireMediaType } from '../http/media-type.ts';
import { readBody } from '../http/read-body.ts';
import { readJson } from '../http/read-json.ts';
import type { Handler } from '../http/route.ts';
import { requireBroker } from '../jobs/enqueue-job.ts';
import { requireJsonTask } from '../jobs/prepare-job.ts';
import { gatherJobs } from './gather-jobs.ts';

/** Jobs that this gateway waits for at once in all such requests; as many again may be waited for otherwise. */
const MOST_JOBS = 5_000;
/** Faults that one answer names. */
const MOST_FAULTS = 20;

type Parts = Pick<GatewayParts, 'broker' | 'ends' | 'tasks' | 'admission' | 'maxMessageBytes' | 'draining'>;

/** `POST /v1/gather`: submits many jobs and answers once, in their order, with what has ended by the deadline. */
export function serveGather(parts: Parts): Handler {
  const { admission, maxMessageBytes, draining } = parts;
  let gathering = 0;
  return async (request, response) => {
    requireMediaType(request, ['application/json']);
    const body = await readBody(request, maxMessageBytes, admission);
    let count = 0;
    try {
      requireBroker(parts.broker.state);
      const asked = check(gatherBodySchema, readJson(body));
      const jobs = await checkJobs(asked, parts.tasks);
      if (gathering + jobs.length > MOST_JOBS) {
        throw new HeddleError('overloaded', `${gathering} jobs are gathered here already, of ${MOST_JOBS}`);
      }
      count = jobs.length;
      gathering += count;
      const submitter = new JobSubmitter(parts.broker, { timeoutMs: asked.deadline });
      const gathered = await gatherJobs(
        { broker: parts.broker, submitter, ends: parts.ends },
        jobs,
        asked.deadline,
        untilGone(response, draining),
      );
      answerJson(response, 200, gathered);
    } finally {
      gathering -= count;
      admission.release(body.length);
    }
  };
}

/** Every job with its input checked. Rejects with `unknown_task`, `invalid_request`, and `invalid_input` naming the places. */
async function checkJobs(body: GatherBody, tasks: Parts['tasks']): Promise<NewJob[]> {
  const { jobs, task = '', inputs = [], deadline, late, priority, tags } = body;
  const asked = jobs ?? inputs.map((input) => ({ task, input }));
  const issues: Issue[] = [];
  const checked: NewJob[] = [];
  for (const [place, { task: name, input }] of asked.entries()) {
    const known = tasks.get(name) ?? (await tasks.find(name));
    requireJsonTask(known);
    const where = jobs ? `jobs.${place}.input` : `inputs.${place}`;
    issues.push(...faultsOf(() => known.checkInput(input), where));
    if (issues.length >= MOST_FAULTS) break;
    const { timeoutMs } = known.announcement;
    const stop = late === 'stop' && {
      deadline: Date.now() + deadline,
      timeoutMs: Math.min(timeoutMs, deadline),
    };
    checked.push({ task: name, input, priority, tags, ...stop });
  }
  if (issues.length > 0) throw new HeddleError('invalid_input', describeIssues(issues), { issues });
  return checked;
}

function faultsOf(checkInput: () => void, where: string): Issue[] {
  try {
    checkInput();
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.issues.map(({ path, message }) => ({ path: path.replace(/^input/, where), message }));
  }
}
