import {
  controlSchema,
  errorTable,
  eventSchema,
  header,
  type JobNews,
  type JobResult,
  jobErrorSchema,
  jobHeadersSchema,
  jobIdSchema,
  MAX_EVENTS_PER_MESSAGE,
  MAX_RESULTS_PER_MESSAGE,
  type MessageKind,
  outputDescriptionSchema,
  outputHeadersSchema,
  producerMessageSchema,
  requestSchema,
  taskNameSchema,
  terminalStates,
  tokenMessageSchema,
} from '@heddle/contracts';
import { z } from 'zod';

/** One kind of message, as AsyncAPI describes it. */
export interface MessageDescription {
  readonly title: string;
  readonly summary: string;
  readonly contentType: string;
  readonly payload: z.ZodType;
  readonly headers?: z.ZodType;
}

const resultSchema: z.ZodType<JobResult> = z.object({
  job: jobIdSchema,
  state: z.enum(terminalStates),
  result: z.unknown().optional(),
  error: jobErrorSchema.exactOptional(),
  outputs: z.array(outputDescriptionSchema).exactOptional(),
  run: z
    .object({
      worker: z.string(),
      acceptedAt: z.int(),
      startedAt: z.int(),
      endedAt: z.int(),
      resultTtlMs: z.int().exactOptional(),
    })
    .exactOptional(),
});

const newsSchema: z.ZodType<JobNews> = z.object({
  job: jobIdSchema,
  state: z.enum(['queued', 'delayed', 'running', 'retrying']),
  progress: z.object({ fraction: z.number(), note: z.string().exactOptional() }).exactOptional(),
});

const errorCodeSchema = z.enum(Object.keys(errorTable) as (keyof typeof errorTable)[]);
const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ code: errorCodeSchema, message: z.string() }) }),
]);

/** Every kind of message; the compiler asks for the missing. */
export const messageDescriptions: Readonly<Record<MessageKind, MessageDescription>> = {
  job: {
    title: 'Job',
    summary: `The bare JSON input. For a task that takes bytes: the bytes, with the other input as JSON text in the header \`${header.input}\`. \`message_id\` is the job's id, \`type\` and the routing key are the task.`,
    contentType: 'application/json',
    payload: z.unknown(),
    headers: jobHeadersSchema,
  },
  events: {
    title: 'Events',
    summary: 'What happened to jobs, in the order in which it happened at the publisher.',
    contentType: 'application/json',
    payload: z.array(eventSchema).min(1).max(MAX_EVENTS_PER_MESSAGE),
  },
  output: {
    title: 'Outputs',
    summary:
      'The bytes of blobs that a run made, one after the other; the header `heddle-outputs` says which.',
    contentType: 'application/octet-stream',
    payload: z.string().meta({ contentEncoding: 'binary' }),
    headers: outputHeadersSchema,
  },
  request: {
    title: 'Request',
    summary: 'A question to the recorder. `reply_to` and `correlation_id` say where its reply goes.',
    contentType: 'application/json',
    payload: requestSchema,
  },
  reply: {
    title: 'Reply',
    summary: `The recorder's answer. To the request \`output\` the body is the bytes and the header \`${header.sha256}\` is not empty.`,
    contentType: 'application/json',
    payload: replySchema,
  },
  production: {
    title: 'Production',
    summary: 'Work for the producers: batches to expand, reduce jobs to start, schedules to look after.',
    contentType: 'application/json',
    payload: producerMessageSchema,
  },
  token: {
    title: 'Token',
    summary:
      'The right to run a job of a task that is limited, and the messages by which workers agree on how many there are.',
    contentType: 'application/json',
    payload: tokenMessageSchema,
  },
  control: {
    title: 'Control',
    summary: 'News for every process; nothing durable hangs on it.',
    contentType: 'application/json',
    payload: controlSchema,
  },
  result: {
    title: 'Result',
    summary: "How a job ended, to the job's `reply_to` with its `correlation_id`.",
    contentType: 'application/json',
    payload: resultSchema,
  },
  sync: {
    title: 'Sync',
    summary:
      'A token of a lock or semaphore, a change of an event, an item of a queue: JSON that the client library reads.',
    contentType: 'application/json',
    payload: z.unknown(),
  },
  results: {
    title: 'Results',
    summary: `Results and news of jobs that were submitted with the header \`${header.follow}\`, to their \`reply_to\`.`,
    contentType: 'application/json',
    payload: z
      .array(z.union([resultSchema, newsSchema]))
      .min(1)
      .max(MAX_RESULTS_PER_MESSAGE),
  },
};

/** What a routing key or a queue name is made of. */
export const parameterDescriptions: Readonly<Record<string, string>> = {
  task: `A task's name: ${z.toJSONSchema(taskNameSchema).pattern ?? 'dotted lower-case words'}`,
  ms: 'Milliseconds: a rung of the delay ladder, or the time that spent tokens rest.',
  limit: '`slots.<task>` for jobs at the same time, `rates.<task>.<ms>` for jobs begun.',
  instance: 'The instance of a process: unique for its lifetime.',
  reply_to: "The request's or job's `reply_to`: the name of the asker's queue.",
};
