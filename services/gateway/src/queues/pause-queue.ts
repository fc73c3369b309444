import { taskNameSchema } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import { check } from '../http/check.ts';
import type { Handler } from '../http/route.ts';

type Parts = Pick<GatewayParts, 'recorder' | 'tasks'>;

/** `POST /v1/queues/{task}/pause` and `/resume`: for all workers, and for those that come later. */
export function pauseQueue({ recorder, tasks }: Parts, op: 'pause' | 'resume'): Handler {
  return async (_request, response, parameters) => {
    const task = check(taskNameSchema, parameters['task'], 'task');
    await tasks.find(task);
    answerJson(response, 200, await recorder.ask({ op, task }), { 'Cache-Control': 'no-store' });
  };
}
