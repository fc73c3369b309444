import type { AskedJob } from '@heddle/client';
import { HeddleError, submitBodySchema } from '@heddle/contracts';
import { check } from '../http/check.ts';
import { readJson } from '../http/read-json.ts';
import type { KnownTask, KnownTasks } from '../tasks/known-tasks.ts';

/**
 * The job that a JSON body (or a line of one) asks for, checked against its task's schema. Waits only when the task
 * is not known yet.
 */
export async function prepareJob(body: Buffer, tasks: KnownTasks): Promise<AskedJob> {
  const { task: name, input, ...options } = check(submitBodySchema, readJson(body));
  const task = tasks.get(name) ?? (await tasks.find(name));
  requireJsonTask(task);
  task.checkInput(input);
  return { task: name, input, options };
}

/** Throws `invalid_request` for a task that takes bytes. */
export function requireJsonTask({ announcement: { name, body } }: KnownTask): void {
  if (body === 'json') return;
  throw new HeddleError(
    'invalid_request',
    `"${name}" takes bytes, which JSON cannot carry: expected a task whose input is JSON` +
      (name === 'image.thumbnail' ? ', or a request to POST /v1/thumbnails' : ''),
  );
}
