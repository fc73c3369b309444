import type { NewJob } from '@heddle/client';
import { HeddleError, submitBodySchema } from '@heddle/contracts';
import { check } from '../http/check.ts';
import { readJson } from '../http/read-json.ts';
import type { KnownTasks } from '../tasks/known-tasks.ts';

/**
 * The job that a JSON body (or a line of one) asks for, checked against its task's schema. Waits only when the task
 * is not known yet.
 */
export async function prepareJob(body: Buffer, tasks: KnownTasks): Promise<NewJob> {
  const asked = check(submitBodySchema, readJson(body));
  const task = tasks.get(asked.task) ?? (await tasks.find(asked.task));
  if (task.announcement.body === 'bytes') {
    throw new HeddleError(
      'invalid_request',
      `"${asked.task}" takes bytes, which JSON cannot carry: expected a task whose input is JSON` +
        (asked.task === 'image.thumbnail' ? ', or a request to POST /v1/thumbnails' : ''),
    );
  }
  task.checkInput(asked.input);
  return {
    task: asked.task,
    input: asked.input,
    priority: asked.priority,
    tags: asked.tags,
    timeoutMs: asked.timeout,
  };
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The W3C trace context to hand on; undefined when it is none. */
export function traceparentOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && TRACEPARENT.test(header) ? header : undefined;
}
