import { newJobId } from '@heddle/client';
import { type BatchBody, type ExpansionPlan, HeddleError, type RecorderRequest } from '@heddle/contracts';
import { requireJsonTask } from '../jobs/prepare-job.ts';
import type { CheckInput } from '../tasks/compile-schema.ts';
import type { KnownTask, KnownTasks } from '../tasks/known-tasks.ts';
import { checkInputs } from './check-inputs.ts';
import { chunkInputs, inList } from './chunk-inputs.ts';
import type { BatchOptions } from './read-batch.ts';

export type CreateBatch = Extract<RecorderRequest, { op: 'create-batch' }>;
export type Source = CreateBatch['source'];
type RangeSource = Extract<Source, { range: unknown }>;

/** What every job of a batch is made with, and what its inputs are checked by. */
export interface PlannedBatch {
  readonly plan: ExpansionPlan;
  readonly checkInput: CheckInput;
  /** Inputs of a list that one job gets together; undefined: each has a job of its own. */
  readonly chunk: number | undefined;
  /** What such a job gets beside its `items`. */
  readonly input: object | undefined;
}

/** Rejects with `unknown_task`, `invalid_request` and, for the reduce job's input, `invalid_input`. */
export async function planBatch(
  options: BatchOptions & Pick<BatchBody, 'input'>,
  tasks: KnownTasks,
  traceparent: string | undefined,
): Promise<PlannedBatch> {
  const { folder, input } = options;
  const { checkInput } = await (folder === undefined ? jsonTask : bytesTask)(tasks, options.task);
  const id = newJobId();
  const reduce = options.reduce && (await checkReduce(tasks, id, options.reduce));
  const { priority, tags, timeout, ttl, resultTtl, retry } = options;
  const plan: ExpansionPlan = {
    id,
    task: options.task,
    onFailure: options.onFailure ?? 'collect',
    options: {
      ...(priority !== undefined && { priority }),
      ...(tags && { tags }),
      ...(timeout !== undefined && { timeout }),
      ...(ttl !== undefined && { ttl }),
      ...(resultTtl !== undefined && { resultTtl }),
      ...(retry && { retry }),
    },
    acceptedAt: Date.now(),
    ...(reduce && { reduce }),
    ...(options.webhook && { webhook: options.webhook }),
    ...(traceparent !== undefined && { traceparent }),
    ...(folder !== undefined && { files: { folder, input: input ?? {} } }),
  };
  return { plan, checkInput, chunk: options.chunk, input };
}

/** The inputs that a body has, checked against the task's schema, and how many jobs they make. Rejects with `invalid_input`. */
export async function sourceOf(
  { inputs, chunk, range, folder, input = {} }: BatchBody,
  checkInput: CheckInput,
): Promise<{ source: Source; total: number }> {
  if (inputs) {
    const chunked = chunkInputs(inputs, chunk, input);
    await checkInputs(chunked, checkInput).catch((error: unknown) => {
      throw inList(error, chunk);
    });
    return { source: { inputs: chunked }, total: chunked.length };
  }
  if (folder !== undefined) {
    checkInput({ ...input, file: 'a/file' });
    return { source: { listing: true }, total: 0 };
  }
  if (!range) throw new HeddleError('invalid_request', 'expected one of "inputs", "range" and "folder"');
  const source = { range, input };
  return { source, total: checkRange(source, checkInput) };
}

async function jsonTask(tasks: KnownTasks, name: string): Promise<KnownTask> {
  const task = tasks.get(name) ?? (await tasks.find(name));
  requireJsonTask(task);
  return task;
}

async function bytesTask(tasks: KnownTasks, name: string): Promise<KnownTask> {
  const task = tasks.get(name) ?? (await tasks.find(name));
  if (task.announcement.body === 'bytes') return task;
  throw new HeddleError(
    'invalid_request',
    `folder: expected a task that takes bytes, and "${name}" takes JSON: use "inputs"`,
  );
}

/** The number of chunks. Those between the first and the last differ by nothing but their numbers. */
function checkRange({ range, input }: RangeSource, checkInput: CheckInput): number {
  const { from, to, chunk } = range;
  const total = Math.ceil((to - from) / chunk);
  const last = from + (total - 1) * chunk;
  checkInput({ ...input, from, to: Math.min(from + chunk, to) });
  checkInput({ ...input, from: last, to });
  return total;
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
