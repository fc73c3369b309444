import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { describeIssues, issuesOf } from './error.ts';
import { type Decoded, header, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import { taskNameSchema } from './task.ts';

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

/** What can be asked of a job besides its task and input. */
export const jobOptionsSchema = z.strictObject({
  priority: prioritySchema.exactOptional(),
  timeout: durationSchema.exactOptional(),
  tags: tagsSchema.exactOptional(),
});

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
  readonly batch?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
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
  if (job.generation > 0) headers[header.generation] = job.generation;
  if (job.tags.length > 0) headers[header.tags] = job.tags;
  if (job.timeoutMs !== undefined) headers[header.timeout] = job.timeoutMs;
  if (job.batch !== undefined) headers[header.batch] = job.batch;
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
  [header.accepted]: z.boolean().optional(),
  [header.tags]: tagsSchema.optional(),
  [header.timeout]: durationSchema.optional(),
  [header.batch]: jobIdSchema.optional(),
  [header.input]: z.string().optional(),
  [header.traceparent]: z.string().max(200).optional(),
});

/**
 * Reads a job's message. A message without `message_id` gives a job with id `''`: whoever reads it must adopt it
 * (publish it again under an id of its own) before running it.
 */
export function decodeJob(message: ReceivedMessage): Decoded<Job> {
  const { properties } = message;
  const id = properties.messageId ?? '';
  if (id !== '' && !jobIdSchema.safeParse(id).success) {
    return { ok: false, reason: 'message_id: expected 1 to 200 printable ASCII characters' };
  }
  const task = taskNameSchema.safeParse(message.routingKey);
  if (!task.success) return { ok: false, reason: `routing key: ${describeIssues(issuesOf(task.error))}` };
  if (properties.type !== undefined && properties.type !== task.data) {
    return { ok: false, reason: `type: expected the routing key "${task.data}", got "${properties.type}"` };
  }
  const parsed = jobHeadersSchema.safeParse(properties.headers ?? {});
  if (!parsed.success) return { ok: false, reason: `header ${describeIssues(issuesOf(parsed.error))}` };
  const headers = parsed.data;
  const priority = properties.priority ?? DEFAULT_PRIORITY;

  const isJson = (properties.contentType ?? 'application/json').startsWith('application/json');
  const inputText = isJson ? parseJson(message.body) : parseJson(Buffer.from(headers[header.input] ?? '{}'));
  if (!inputText.ok) {
    return isJson ? inputText : { ok: false, reason: `header ${header.input}: ${inputText.reason}` };
  }
  return {
    ok: true,
    value: {
      id,
      task: task.data,
      input: inputText.value,
      bytes: isJson ? undefined : { body: message.body, type: properties.contentType ?? '' },
      priority: Math.min(Math.max(priority, 0), MAX_PRIORITY),
      generation: headers[header.generation] ?? 0,
      attempt: headers[header.attempt] ?? 1,
      tags: headers[header.tags] ?? [],
      acceptedAt: headers[header.acceptedAt] ?? properties.timestamp ?? Date.now(),
      accepted: headers[header.accepted] ?? false,
      timeoutMs: headers[header.timeout],
      batch: headers[header.batch],
      traceparent: headers[header.traceparent],
      replyTo: properties.replyTo,
      correlationId: properties.correlationId,
    },
  };
}
