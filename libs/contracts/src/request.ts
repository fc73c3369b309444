import { z } from 'zod';
import { batchPlanSchema, expansionPlanSchema } from './batch.ts';
import { describeIssues, issuesOf } from './error.ts';
import { jobIdSchema, jobStates, tagsSchema, webhookSchema } from './job.ts';
import { syncDemandSchema } from './keyed-sync.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import { retrySchema } from './retry.ts';
import { scheduleRecordSchema } from './schedule.ts';
import { commitStepSchema, MAX_COMMIT_STEPS } from './state.ts';
import { stateKeySchema, stateNameSchema } from './state-name.ts';
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

/** Which dead jobs: some by id, a group, or all. */
export const deadSelectionSchema = z.strictObject({
  ids: z.array(jobIdSchema).min(1).max(1_000).exactOptional(),
  task: taskNameSchema.exactOptional(),
  error: z.string().min(1).max(100).exactOptional(),
  /** UTC day of death, such as 2026-11-21. */
  day: z.iso.date().exactOptional(),
  /** Failed jobs too. Those named by id may be either. */
  include: z.literal('failed').exactOptional(),
});
export type DeadSelection = z.infer<typeof deadSelectionSchema>;

/** Where the inputs of a batch come from. */
const batchSourceSchema = z.union([
  z.object({ inputs: z.array(z.unknown()).min(1) }),
  z.object({
    range: z.object({ from: z.int(), to: z.int(), chunk: z.int().min(1) }),
    input: z.record(z.string(), z.unknown()),
  }),
  /** So many that came before, by `batch-part`. */
  z.object({ staged: z.int().min(1) }),
  /** Files that a producer is still to find; it comes again with them, as `staged`. */
  z.object({ listing: z.literal(true) }),
]);

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
    idempotencyKey: z.string().min(1).max(255).exactOptional(),
    /** At most one unfinished job of the task has it. At least one of the two keys is there. */
    key: z.string().min(1).max(200).exactOptional(),
    onConflict: z.enum(['reject', 'return']).exactOptional(),
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
      retry: retrySchema.exactOptional(),
      deadline: z.int().exactOptional(),
      resultTtlMs: z.int().min(0).exactOptional(),
      webhook: webhookSchema.exactOptional(),
      /** Not before this many milliseconds from `acceptedAt`. */
      delayMs: z.int().exactOptional(),
      acceptedAt: z.int(),
      traceparent: z.string().exactOptional(),
    }),
  }),
  z.object({ op: z.literal('announce'), tasks: z.array(taskAnnouncementSchema).min(1).max(1_000) }),
  z.object({ op: z.literal('tasks') }),
  z.object({ op: z.literal('stream-epoch') }),
  /** Ends a queued or delayed job at once; a running one is told to stop, and ends when its worker says so. */
  z.object({
    op: z.literal('cancel'),
    id: jobIdSchema,
    reason: z.string().max(500).exactOptional(),
    /** Leave a running job alone: the answer's state is then `running`, and nobody is told. */
    unlessRunning: z.boolean().exactOptional(),
  }),
  /** Where jobs stand: for clients that may have missed the results. */
  z.object({ op: z.literal('job-ends'), ids: z.array(jobIdSchema).min(1).max(200) }),
  /** What a worker must know before it takes jobs: ids of jobs that are cancelled and not consumed yet, and of batches; tasks that are paused. */
  z.object({ op: z.literal('control-snapshot') }),
  z.object({ op: z.literal('pause'), task: taskNameSchema }),
  z.object({ op: z.literal('resume'), task: taskNameSchema }),
  z.object({
    op: z.literal('create-batch'),
    plan: batchPlanSchema,
    source: batchSourceSchema,
    idempotencyKey: z.string().min(1).max(255).exactOptional(),
    /** As in `submit`; there if the key is. */
    fingerprint: z.string().length(64).exactOptional(),
  }),
  /** Keeps inputs of a batch that is still being uploaded. Nobody sees them before `create-batch`. */
  z.object({
    op: z.literal('batch-part'),
    plan: expansionPlanSchema,
    first: z.int().min(0),
    inputs: z.array(z.unknown()).min(1),
  }),
  /** The upload has failed: forgets its parts. */
  z.object({ op: z.literal('drop-batch-parts'), batch: jobIdSchema }),
  z.object({ op: z.literal('batch'), id: jobIdSchema }),
  z.object({
    op: z.literal('batches'),
    cursor: z.string().max(500).exactOptional(),
    limit: z.int().min(1).max(200),
  }),
  /** Results of a batch's jobs in the order of its inputs, from `first` on. */
  z.object({
    op: z.literal('batch-results'),
    id: jobIdSchema,
    first: z.int().min(0),
    limit: z.int().min(1).max(1_000),
  }),
  z.object({ op: z.literal('cancel-batch'), id: jobIdSchema }),
  z.object({ op: z.literal('put-schedule'), schedule: scheduleRecordSchema }),
  z.object({ op: z.literal('schedules') }),
  z.object({ op: z.literal('delete-schedule'), id: z.string().max(100) }),
  /** A tick has been dealt with: remembers it, if it is later than what is remembered. */
  z.object({
    op: z.literal('schedule-ticked'),
    id: z.string().max(100),
    at: z.int(),
    job: jobIdSchema.nullable(),
  }),
  /** Dead jobs by task, error code and day; `include`: failed ones too. */
  z.object({ op: z.literal('dead-groups'), include: z.literal('failed').exactOptional() }),
  /** Sends dead jobs again, at most `limit`, oldest first. `input`: instead of the one that failed; only with `ids` of one job. */
  z.object({
    op: z.literal('replay'),
    select: deadSelectionSchema,
    limit: z.int().min(1).max(10_000),
    input: z.unknown().optional(),
  }),
  /** Of named objects whose state is kept here. `session`: where this process gets its replies, which is how it is known. */
  z.object({
    op: z.literal('sync'),
    session: z.string().regex(/^heddle\.replies\.[\w.:-]{1,150}$/),
    /** Of the process, for people. */
    name: z.string().max(100).exactOptional(),
    /** Tickets whose outcomes have arrived. */
    acked: z.array(z.string().max(64)).max(500),
    demand: syncDemandSchema,
  }),
  z.object({ op: z.literal('state-read'), state: stateNameSchema, key: stateKeySchema }),
  /** Runs of jobs of one key, in order, each on the state that the one before left: all that is committed is so in one transaction. */
  z.object({
    op: z.literal('state-commit'),
    state: stateNameSchema,
    key: stateKeySchema,
    /** Of the state that the first run saw. */
    expectedVersion: z.int().min(0),
    steps: z.array(commitStepSchema).min(1).max(MAX_COMMIT_STEPS),
  }),
  /** Who holds what, and who waits for it. */
  z.object({ op: z.literal('sync-view') }),
  z.object({ op: z.literal('drop-dead'), select: deadSelectionSchema, limit: z.int().min(1).max(10_000) }),
]);
export type RecorderRequest = z.infer<typeof requestSchema>;
export type RecorderOp = RecorderRequest['op'];
/** Every request, by its name. */
export const recorderOps: readonly RecorderOp[] = requestSchema.options.map(({ shape }) => shape.op.value);

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
