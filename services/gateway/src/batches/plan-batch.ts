import { newJobId } from '@heddle/client';
import { type BatchBody, type BatchPlan, HeddleError, type RecorderRequest } from '@heddle/contracts';
import { requireJsonTask } from '../jobs/prepare-job.ts';
import type { KnownTask, KnownTasks } from '../tasks/known-tasks.ts';
import { checkInputs } from './check-inputs.ts';

type CreateBatch = Extract<RecorderRequest, { op: 'create-batch' }>;
type Source = CreateBatch['source'];

/**
 * What the recorder is asked to make of a batch, with every input checked against its task's schema. Rejects with
 * `unknown_task`, `invalid_request` and `invalid_input`.
 */
export async function planBatch(body: BatchBody, tasks: KnownTasks): Promise<CreateBatch> {
  const task = await jsonTask(tasks, body.task);
  const id = newJobId();
  const reduce = body.reduce && (await checkReduce(tasks, id, body.reduce));
  const source = sourceOf(body);
  await checkSource(task, source);
  const { priority, tags, timeout, ttl, retry } = body;
  const plan: BatchPlan = {
    id,
    task: body.task,
    total: countJobs(source),
    onFailure: body.onFailure ?? 'collect',
    options: {
      ...(priority !== undefined && { priority }),
      ...(tags && { tags }),
      ...(timeout !== undefined && { timeout }),
      ...(ttl !== undefined && { ttl }),
      ...(retry && { retry }),
    },
    acceptedAt: Date.now(),
    ...(reduce && { reduce }),
    ...(body.webhook && { webhook: body.webhook }),
  };
  return { op: 'create-batch', plan, source };
}

async function jsonTask(tasks: KnownTasks, name: string): Promise<KnownTask> {
  const task = tasks.get(name) ?? (await tasks.find(name));
  requireJsonTask(task);
  return task;
}

function sourceOf({ inputs, range, input = {} }: BatchBody): Source {
  if (inputs) return { inputs };
  if (range) return { range, input };
  throw new HeddleError('invalid_request', 'expected either "inputs" or "range"');
}

function countJobs(source: Source): number {
  if ('inputs' in source) return source.inputs.length;
  const { from, to, chunk } = source.range;
  return Math.ceil((to - from) / chunk);
}

async function checkSource(task: KnownTask, source: Source): Promise<void> {
  if ('inputs' in source) return checkInputs(source.inputs, task.checkInput);
  // The chunks between them differ by nothing but their numbers.
  const { from, to, chunk } = source.range;
  const last = from + (countJobs(source) - 1) * chunk;
  task.checkInput({ ...source.input, from, to: Math.min(from + chunk, to) });
  task.checkInput({ ...source.input, from: last, to });
}

/** The reduce job's input gets the batch's id beside its own fields. */
async function checkReduce(
  tasks: KnownTasks,
  batch: string,
  reduce: NonNullable<BatchBody['reduce']>,
): Promise<NonNullable<BatchBody['reduce']>> {
  const task = await jsonTask(tasks, reduce.task);
  const { input = {} } = reduce;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const issue = { path: 'reduce.input', message: 'expected an object' };
    throw new HeddleError('invalid_request', `${issue.path}: ${issue.message}`, { issues: [issue] });
  }
  try {
    task.checkInput({ batch, ...input });
  } catch (error) {
    throw error instanceof HeddleError ? under('reduce.input', error) : error;
  }
  return reduce;
}

/** The same fault, named by its path in the body. */
function under(place: string, error: HeddleError): HeddleError {
  const issues = error.issues.map(({ path, message }) => ({ path: path.replace(/^input/, place), message }));
  const [first] = issues;
  return new HeddleError(error.code, first ? `${first.path}: ${first.message}` : error.message, { issues });
}
