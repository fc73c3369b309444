import { z } from 'zod';
import { describeIssues, type ErrorCode, errorTable, issuesOf } from './error.ts';
import { jobErrorSchema, outputDescriptionSchema } from './event.ts';
import { jobIdSchema, jobStates, tagsSchema } from './job.ts';
import { type Decoded, header, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import { taskAnnouncementSchema, taskNameSchema } from './task.ts';

/** The filters of a job search; all are optional and combine with "and". Times are milliseconds since the epoch. */
export const jobFilterSchema = z.strictObject({
  task: taskNameSchema.exactOptional(),
  state: z.enum(jobStates).exactOptional(),
  tag: z.string().min(1).max(100).exactOptional(),
  /** Accepted at or after. */
  since: z.int().min(0).exactOptional(),
  /** Accepted before. */
  until: z.int().min(0).exactOptional(),
  /** Error code. */
  error: z.string().min(1).max(100).exactOptional(),
});
export type JobFilter = z.infer<typeof jobFilterSchema>;

/** What the recorder is asked. `submit`: claim, job and outbox row in one transaction, for jobs with an idempotency key. */
export const requestSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('job'), id: jobIdSchema }),
  z.object({
    op: z.literal('jobs'),
    filter: jobFilterSchema,
    cursor: z.string().max(500).exactOptional(),
    limit: z.int().min(1).max(200),
  }),
  z.object({ op: z.literal('counts') }),
  z.object({ op: z.literal('output'), id: jobIdSchema, name: z.string().min(1).max(200) }),
  z.object({
    op: z.literal('submit'),
    /** The `Idempotency-Key` of the request. */
    idempotencyKey: z.string().min(1).max(255),
    /** SHA-256 of what was asked, in hex: the same key with another payload is refused. */
    fingerprint: z.string().length(64),
    job: z.object({
      id: jobIdSchema,
      task: taskNameSchema,
      input: z.unknown(),
      /** Base64, because this travels inside JSON; only keyed submits of bytes pay for it. */
      body: z.object({ type: z.string(), base64: z.string() }).exactOptional(),
      priority: z.int(),
      tags: tagsSchema,
      timeoutMs: z.int().exactOptional(),
      acceptedAt: z.int(),
      traceparent: z.string().exactOptional(),
    }),
  }),
  z.object({ op: z.literal('announce'), tasks: z.array(taskAnnouncementSchema).min(1).max(1_000) }),
  z.object({ op: z.literal('tasks') }),
  z.object({ op: z.literal('stream-epoch') }),
]);
export type RecorderRequest = z.infer<typeof requestSchema>;
export type RecorderOp = RecorderRequest['op'];

const attemptSchema = z.object({
  number: z.int(),
  run: z.string(),
  worker: z.string(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  error: jobErrorSchema.nullable(),
});

/** A job as the recorder knows it. Times are milliseconds since the epoch. */
export const jobRecordSchema = z.object({
  id: jobIdSchema,
  task: taskNameSchema,
  state: z.enum(jobStates),
  priority: z.int(),
  generation: z.int(),
  tags: z.array(z.string()),
  attempts: z.array(attemptSchema),
  progress: z.object({ fraction: z.number(), note: z.string().nullable() }).nullable(),
  /** `undefined` when it was too long to keep. */
  input: z.unknown(),
  body: z.object({ type: z.string(), bytes: z.int() }).nullable(),
  timeoutMs: z.int().nullable(),
  batch: z.string().nullable(),
  result: z.unknown(),
  error: jobErrorSchema.nullable(),
  outputs: z.array(outputDescriptionSchema),
  acceptedAt: z.int(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  updatedAt: z.int(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** What the recorder answers, by request. An `output` reply carries the bytes as its body instead. */
export interface RecorderReplies {
  job: JobRecord;
  jobs: { jobs: JobRecord[]; next: string | null };
  /** Jobs by task and state. */
  counts: { task: string; state: (typeof jobStates)[number]; count: number }[];
  output: { type: string; sha256: string; body: Buffer };
  /** `repeated`: the key was known, and `id` is the job that has it. */
  submit: { id: string; repeated: boolean };
  announce: { tasks: number };
  tasks: { tasks: (z.infer<typeof taskAnnouncementSchema> & { announcedAt: number })[] };
  /** Changes when the event stream was made anew, so that its offsets mean something else. */
  'stream-epoch': { epoch: string };
}

export function encodeRequest(
  request: RecorderRequest,
  replyTo: string,
  correlationId: string,
  expiresInMs: number,
): WireMessage<'request'> {
  return {
    kind: 'request',
    body: Buffer.from(JSON.stringify(request)),
    properties: {
      contentType: 'application/json',
      type: 'request',
      messageId: correlationId,
      replyTo,
      correlationId,
      timestamp: Date.now(),
      expiration: String(expiresInMs),
    },
  };
}

export interface ReceivedRequest {
  readonly request: RecorderRequest;
  readonly replyTo: string | undefined;
  readonly correlationId: string | undefined;
}

export function decodeRequest(message: ReceivedMessage): Decoded<ReceivedRequest> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = requestSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'request')) };
  const { replyTo, correlationId } = message.properties;
  return { ok: true, value: { request: parsed.data, replyTo, correlationId } };
}

/** A reply: the value, or the error that the asker gets as if it had been thrown here. */
export type Reply<Op extends RecorderOp> =
  | { readonly ok: true; readonly value: RecorderReplies[Op] }
  | { readonly ok: false; readonly error: { readonly code: ErrorCode; readonly message: string } };

export function encodeReply<Op extends RecorderOp>(
  op: Op,
  reply: Reply<Op>,
  correlationId: string,
): WireMessage<'reply'> {
  const properties = { type: 'reply', correlationId, transient: true } as const;
  if (reply.ok && op === 'output') {
    const output = reply.value as RecorderReplies['output'];
    return {
      kind: 'reply',
      body: output.body,
      properties: { ...properties, contentType: output.type, headers: { [header.sha256]: output.sha256 } },
    };
  }
  return {
    kind: 'reply',
    body: Buffer.from(JSON.stringify(reply)),
    properties: { ...properties, contentType: 'application/json', headers: { [header.sha256]: '' } },
  };
}

const replyEnvelopeSchema = z.discriminatedUnion('ok', [
  z.looseObject({ ok: z.literal(true) }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string().refine((code) => Object.hasOwn(errorTable, code), {
        error: 'expected a code of the error table',
      }),
      message: z.string(),
    }),
  }),
]);

/** Reads a reply. The shape of its value is trusted: it comes from the recorder alone (see the permissions). */
export function decodeReply<Op extends RecorderOp>(message: ReceivedMessage): Decoded<Reply<Op>> {
  const sha256 = message.properties.headers?.[header.sha256];
  if (typeof sha256 === 'string' && sha256 !== '') {
    const value: RecorderReplies['output'] = {
      type: message.properties.contentType ?? 'application/octet-stream',
      sha256,
      body: message.body,
    };
    return { ok: true, value: { ok: true, value: value as RecorderReplies[Op] } };
  }
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = replyEnvelopeSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'reply')) };
  return { ok: true, value: json.value as Reply<Op> };
}
