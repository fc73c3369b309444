import { deriveJobId, type NewJob } from '@heddle/client';
import { BATCH_CHUNK_JOBS, type ExpansionPlan, type ProducerMessage } from '@heddle/contracts';

/** Chunks of a range that one message does before it hands the rest on: so many jobs at most run twice when a producer is killed. */
const CHUNKS_A_MESSAGE = 10;

type Message<Type extends ProducerMessage['type']> = Extract<ProducerMessage, { type: Type }>;
export type Expansion = Message<'expand-list'> | Message<'expand-range'>;

/** The jobs that a message asks for, and the message for those that are left. */
export interface Plan {
  readonly jobs: readonly NewJob[];
  readonly rest?: Message<'expand-range'> | undefined;
}

/** Always the same for the same message: ids derive from batch and index, so that expanding twice makes no second job. */
export function planJobs(message: Expansion): Plan {
  const { plan, first } = message;
  if (message.type === 'expand-list') {
    const { files } = plan;
    const inputs = files ? message.inputs.map((file) => ({ ...files.input, file })) : message.inputs;
    return { jobs: inputs.map((input, offset) => jobOf(plan, first + offset, input)) };
  }
  const { from, to, chunk, input } = message;
  const limit = BATCH_CHUNK_JOBS * CHUNKS_A_MESSAGE;
  const jobs: NewJob[] = [];
  let next = from;
  for (; next < to && jobs.length < limit; next += chunk) {
    const part = { ...input, from: next, to: Math.min(next + chunk, to) };
    jobs.push(jobOf(plan, first + jobs.length, part));
  }
  return { jobs, rest: next < to ? { ...message, first: first + jobs.length, from: next } : undefined };
}

function jobOf(plan: ExpansionPlan, index: number, input: unknown): NewJob {
  return {
    ...optionsOf(plan),
    id: deriveJobId(plan.id, String(index)),
    task: plan.task,
    input,
    batch: { id: plan.id, index },
    // The end of a batch is the end of its reduce job, where it has one.
    webhook: plan.reduce === undefined ? plan.webhook : undefined,
  };
}

/** The job that runs over the results of all others. It reads them by the batch's id, which is put into its input. */
export function planReduceJob({ plan, reduceJob }: Message<'batch-complete'>): NewJob {
  const { task, input } = plan.reduce ?? { task: plan.task };
  const own = typeof input === 'object' && input !== null ? input : {};
  const { ttl: _, ...options } = plan.options;
  return {
    ...optionsOf({ ...plan, options }),
    id: reduceJob,
    task,
    input: { ...own, batch: plan.id },
    batch: { id: plan.id },
    webhook: plan.webhook,
  };
}

function optionsOf({ options, acceptedAt, traceparent }: ExpansionPlan) {
  return {
    traceparent,
    priority: options.priority,
    tags: options.tags,
    timeoutMs: options.timeout,
    retry: options.retry,
    resultTtlMs: options.resultTtl,
    deadline: options.ttl === undefined ? undefined : acceptedAt + options.ttl,
  };
}
