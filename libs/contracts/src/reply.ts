import { z } from 'zod';
import type { BatchRecord } from './batch.ts';
import { describeIssues, type ErrorCode, errorTable, issuesOf } from './error.ts';
import { jobErrorSchema, outputDescriptionSchema } from './event.ts';
import { type JobState, jobIdSchema, jobStates } from './job.ts';
import type { SyncOutcome, SyncView } from './keyed-sync.ts';
import { type Decoded, header, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import type { RecorderOp } from './request.ts';
import type { JobStanding } from './result.ts';
import { retrySchema } from './retry.ts';
import type { ScheduleRecord } from './schedule.ts';
import type { CommitOutcome, KeyState } from './state.ts';
import { type taskAnnouncementSchema, taskNameSchema } from './task.ts';

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
  /** What the task's own policy is overruled by. */
  retry: retrySchema.nullable().exactOptional(),
  /** No worker begins it after this. */
  deadline: z.int().nullable().exactOptional(),
  batch: z.string().nullable(),
  result: z.unknown(),
  error: jobErrorSchema.nullable(),
  outputs: z.array(outputDescriptionSchema),
  acceptedAt: z.int(),
  /** When a delayed or retrying job is due. */
  dueAt: z.int().nullable(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  resultExpiresAt: z.int().nullable().exactOptional(),
  updatedAt: z.int(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

/** One job of a batch, ended or not. */
export interface BatchResult {
  readonly index: number;
  readonly id: string;
  readonly state: JobState;
  readonly result?: unknown;
  readonly error?: z.infer<typeof jobErrorSchema> | undefined;
}

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
  /** As many as fit into a message, at least one if any is known: who asked asks again for those that are in neither list. */
  'job-ends': { jobs: JobStanding[]; unknown: string[] };
  /** `state` after the cancel: `cancelled`, or `running` when its worker has been told. */
  cancel: { id: string; state: JobState };
  /** `generations`: of those cancelled jobs that are replays; of all others it is 0. */
  'control-snapshot': { cancelled: string[]; generations?: Record<string, number>; paused: string[] };
  pause: { task: string; paused: boolean };
  resume: { task: string; paused: boolean };
  /** `repeated`: the idempotency key was known, and `id` is the batch that has it. */
  'create-batch': { id: string; repeated: boolean };
  'batch-part': { id: string };
  'drop-batch-parts': { id: string };
  batch: BatchRecord;
  batches: { batches: BatchRecord[]; next: string | null };
  'batch-results': { results: BatchResult[] };
  'cancel-batch': BatchRecord;
  'put-schedule': ScheduleRecord;
  schedules: { schedules: ScheduleRecord[] };
  'delete-schedule': { id: string };
  'schedule-ticked': { id: string };
  'dead-groups': { groups: { task: string; error: string; day: string; count: number; newest: string }[] };
  replay: { replayed: number; skipped: { id: string; reason: string }[]; left: number };
  sync: SyncOutcome;
  'state-read': KeyState;
  /** One for each step up to the first that was not committed. `version`: of the state now. */
  'state-commit': { version: number; outcomes: CommitOutcome[] };
  'sync-view': SyncView;
  'drop-dead': { dropped: number; left: number };
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
