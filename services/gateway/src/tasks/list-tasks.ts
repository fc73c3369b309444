import { HeddleError } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { iso } from '../jobs/view-job.ts';

/** `GET /v1/tasks` */
export function listTasks({ tasks }: Pick<GatewayParts, 'tasks'>): Handler {
  return (_request, response) => {
    requireTasks(tasks);
    const list = tasks.list().map((task) => ({ ...task, announcedAt: iso(task.announcedAt) }));
    answerJson(response, 200, { tasks: list });
  };
}

/** Throws `recorder_unavailable` while nothing is known of the tasks. */
export function requireTasks(tasks: GatewayParts['tasks']): void {
  if (tasks.loaded) return;
  throw new HeddleError('recorder_unavailable', 'the recorder has not told the announced tasks yet');
}

/** `GET /v1/workers` */
export function listWorkers({ workers }: Pick<GatewayParts, 'workers'>): Handler {
  return (_request, response) => answerJson(response, 200, { workers: workers.list() });
}
