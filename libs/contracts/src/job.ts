import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { header, type WireMessage } from './message.ts';
import { type RetryOptions, retrySchema } from './retry.ts';

/** Every state a job can be in; `docs/lifecycle.md` draws the arrows between them, and a test compares. */
export const jobStates = [
  'queued',
  'delayed',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'cancelled',
  'dead',
  'expired',
] as const;
export type JobState = (typeof jobStates)[number];

/** States that end a job. */
export const terminalStates = [
  'succeeded',
  'failed',
  'cancelled',
  'dead',
  'expired',
] as const satisfies readonly JobState[];
export type TerminalState = (typeof terminalStates)[number];

export function isTerminal(state: JobState): state is TerminalState {
  return (terminalStates as readonly JobState[]).includes(state);
}

/** Sent with every job, because brokers disagree about what an absent priority means (0 before RabbitMQ 4.3, 4 from there). */
export const DEFAULT_PRIORITY = 4;
export const MAX_PRIORITY = 9;
export const prioritySchema = z.int().min(0).max(MAX_PRIORITY);

/** Up to 20 tags of up to 100 characters; no NUL, which PostgreSQL cannot store. */
export const tagsSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^\0]*$/, { error: 'expected no NUL character' }),
  )
  .max(20);

/** Job ids are UUIDv7 when Heddle makes them; other clients may bring their own text of up to 200 printable ASCII characters. */
export const jobIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, { error: 'expected 1 to 200 printable ASCII characters' });

/** Who is told when the job has ended: an HTTP or HTTPS address without user and password. */
export const webhookSchema = z.strictObject({
  url: z
    .string()
    .max(2_000)
    .refine((text) => isWebhookUrl(text), {
      error: 'expected an http:// or https:// URL without user and password',
    }),
});
export type Webhook = z.infer<typeof webhookSchema>;

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

/** What can be asked of a job besides its task and input. */
export const jobOptionsSchema = z.strictObject({
  priority: prioritySchema.exactOptional(),
  timeout: durationSchema.exactOptional(),
  tags: tagsSchema.exactOptional(),
  /** Runs no sooner than this long after it was accepted. */
  delay: durationSchema.exactOptional(),
  /** Runs no sooner than this; a time in the past means now. Not together with `delay`. */
  runAt: z.iso.datetime({ offset: true }).exactOptional(),
  /** Ends as `expired`, unrun, if no worker has taken it this long after it was accepted. */
  ttl: durationSchema.exactOptional(),
  /** Result and outputs are deleted this long after the job has succeeded. Default: the task's; without one they stay with the job. */
  resultTtl: durationSchema.exactOptional(),
  retry: retrySchema.exactOptional(),
  webhook: webhookSchema.exactOptional(),
  /** At most one unfinished job of a task has this key. */
  key: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, { error: 'expected 1 to 200 printable ASCII characters' })
    .exactOptional(),
  /** What to do when an unfinished job has the key: answer 409, or with that job. Default `reject`. */
  onConflict: z.enum(['reject', 'return']).exactOptional(),
});
/** Durations in milliseconds. */
export type JobOptions = z.output<typeof jobOptionsSchema>;

/** The run that a guard stands for. */
export const guardSchema = z.object({
  run: z.string().max(200),
  worker: z.string().max(200),
  /** How often nobody was found to run it. */
  doubts: z.int().min(0),
});

/** A job's place in its batch. */
export const batchPlaceSchema = z.object({
  id: jobIdSchema,
  /** From 0, in the order of the inputs; absent for the reduce job. */
  index: z.int().min(0).optional(),
});
export type BatchPlace = z.infer<typeof batchPlaceSchema>;

/** Milliseconds since the epoch: when a job first waited for its key to change, which is its place in line, and when it gives up. */
export const waitingSchema = z.object({ since: z.int().min(0), until: z.int().min(0) });
export type Waiting = z.infer<typeof waitingSchema>;

/** A job as the services hold it. */
export interface Job {
  readonly id: string;
  readonly task: string;
  /** For a `json` task the parsed body; for a `bytes` task the JSON beside the bytes. */
  readonly input: unknown;
  /** Only for tasks that take bytes. */
  readonly bytes?: { readonly body: Buffer; readonly type: string } | undefined;
  readonly priority: number;
  readonly generation: number;
  readonly attempt: number;
  readonly tags: readonly string[];
  /** Milliseconds one attempt may run; absent: the task's own. */
  readonly timeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Milliseconds since the epoch; see `header.deadline`. */
  readonly deadline?: number | undefined;
  /** Milliseconds that result and outputs are kept after a success; absent: the task's own. */
  readonly resultTtlMs?: number | undefined;
  /** Only of a job that has waited for the state of its key to change. */
  readonly waiting?: Waiting | undefined;
  readonly webhook?: Webhook | undefined;
  readonly batch?: BatchPlace | undefined;
  /** Only of a copy that stands for a long job while it runs. */
  readonly guard?: z.infer<typeof guardSchema> | undefined;
  /** Workers that have ended while they ran it, as far as its delivery count does not tell. */
  readonly crashes?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** The input is an array of inputs; see `header.chunk`. */
  readonly chunk?: true | undefined;
  /** Whoever `replyTo` names follows the job; see `header.follow`. */
  readonly follow?: true | undefined;
  /** Of a job that rested, delayed or between two attempts: when it was to be back in its queue. */
  readonly dueAt?: number | undefined;
  /** Whether the publisher also published the `accepted` event; if not, the worker does. */
  readonly accepted: boolean;
  /** Routing key on `heddle.replies` that the result is sent to. */
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** The message of a job. */
export function encodeJob(job: Job): WireMessage<'job'> {
  const headers: Record<string, unknown> = {
    [header.attempt]: job.attempt,
    [header.acceptedAt]: job.acceptedAt,
  };
  if (job.accepted) headers[header.accepted] = true;
  if (job.dueAt !== undefined) headers[header.dueAt] = job.dueAt;
  if (job.generation > 0) headers[header.generation] = job.generation;
  if (job.tags.length > 0) headers[header.tags] = job.tags;
  if (job.timeoutMs !== undefined) headers[header.timeout] = job.timeoutMs;
  if (job.retry !== undefined) headers[header.retry] = job.retry;
  if (job.deadline !== undefined) headers[header.deadline] = job.deadline;
  if (job.resultTtlMs !== undefined) headers[header.resultTtl] = job.resultTtlMs;
  if (job.waiting !== undefined) headers[header.waiting] = job.waiting;
  if (job.webhook !== undefined) headers[header.webhook] = job.webhook;
  if (job.batch !== undefined) headers[header.batch] = job.batch;
  if (job.chunk) headers[header.chunk] = true;
  if (job.follow) headers[header.follow] = true;
  if (job.traceparent !== undefined) headers[header.traceparent] = job.traceparent;
  if (job.bytes) headers[header.input] = JSON.stringify(job.input ?? {});
  return {
    kind: 'job',
    body: job.bytes ? job.bytes.body : Buffer.from(JSON.stringify(job.input) ?? 'null'),
    properties: {
      contentType: job.bytes ? job.bytes.type : 'application/json',
      type: job.task,
      messageId: job.id,
      priority: job.priority,
      timestamp: job.acceptedAt,
      headers,
      replyTo: job.replyTo,
      correlationId: job.correlationId,
    },
  };
}

/** The headers of a job that Heddle reads; unknown ones are ignored. */
export const jobHeadersSchema = z.object({
  [header.attempt]: z.int().min(1).optional(),
  [header.generation]: z.int().min(0).optional(),
  [header.acceptedAt]: z.int().min(0).optional(),
  [header.dueAt]: z.int().min(0).optional(),
  [header.accepted]: z.boolean().optional(),
  [header.tags]: tagsSchema.optional(),
  [header.timeout]: durationSchema.optional(),
  [header.retry]: retrySchema.optional(),
  [header.deadline]: z.int().min(0).optional(),
  [header.resultTtl]: durationSchema.optional(),
  [header.waiting]: waitingSchema.optional(),
  [header.webhook]: webhookSchema.optional(),
  [header.guard]: guardSchema.optional(),
  [header.crashes]: z.int().min(0).optional(),
  [header.batch]: batchPlaceSchema.optional(),
  [header.chunk]: z.boolean().optional(),
  [header.follow]: z.boolean().optional(),
  [header.input]: z.string().optional(),
  [header.traceparent]: z.string().max(200).optional(),
});
