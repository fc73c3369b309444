import type { Task } from '@heddle/client';
import { explainIssue, HeddleError, type Issue, issuesOf, type Job } from '@heddle/contracts';

/** The input as the handler gets it, or what is wrong with it. */
export type CheckedInput =
  | { readonly ok: true; readonly input: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Checks a job against its task: the kind of body, then the input. A schema whose own code throws refuses the input. */
export function checkJob(job: Job, task: Task): CheckedInput {
  const wantsBytes = task.body === 'bytes';
  if (wantsBytes !== (job.bytes !== undefined)) {
    const expected = wantsBytes ? 'a body of bytes with its own content type' : 'a JSON body';
    const got = job.bytes ? `a body of type "${job.bytes.type}"` : 'a JSON body';
    return { ok: false, issues: [{ path: 'body', message: `expected ${expected}, got ${got}` }] };
  }
  try {
    if (job.chunk && task.serial) return { ok: false, issues: [NO_CHUNK] };
    if (job.chunk) return checkChunk(job.input, task);
    const parsed = task.input.safeParse(job.input, { error: explainIssue });
    if (parsed.success) return { ok: true, input: parsed.data };
    return { ok: false, issues: issuesOf(parsed.error, 'input') };
  } catch (error) {
    return { ok: false, issues: [{ path: 'input', message: `the schema threw: ${String(error)}` }] };
  }
}

/** Its inputs may have different keys, and each of them its own effect. */
const NO_CHUNK: Issue = { path: 'input', message: 'expected a job an input: the task has serial keys' };

/** A chunk fits if it is an array and each of its inputs fits. */
function checkChunk(given: unknown, task: Task): CheckedInput {
  if (!Array.isArray(given)) {
    return { ok: false, issues: [{ path: 'input', message: 'expected an array, because it is a chunk' }] };
  }
  const inputs: unknown[] = [];
  for (const [index, one] of given.entries()) {
    const parsed = task.input.safeParse(one, { error: explainIssue });
    if (!parsed.success) return { ok: false, issues: issuesOf(parsed.error, `input.${index}`) };
    inputs.push(parsed.data);
  }
  return { ok: true, input: inputs };
}

/** Checks the results of a chunk, as `checkResult` does a job's own. */
export function checkResults(task: Task, results: unknown): unknown {
  return task.output && Array.isArray(results) ? results.map((result) => checkResult(task, result)) : results;
}

/** Checks a handler's result against the task's own schema; what the schema makes of it is the job's result. */
export function checkResult(task: Task, result: unknown): unknown {
  if (!task.output) return result;
  const parsed = task.output.safeParse(result, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error, 'result');
  throw new HeddleError('invalid_output', `the result of ${task.name} does not fit its schema`, { issues });
}
