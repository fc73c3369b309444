import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import { batchPlaceSchema, type JobState, jobIdSchema, webhookSchema } from './job.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import { retrySchema } from './retry.ts';
import { taskNameSchema, WEBHOOK_TASK } from './task.ts';

/** Everything that can happen to a job, and the state it leaves the job in. */
export const eventStates = {
  accepted: 'queued',
  delayed: 'delayed',
  started: 'running',
  progress: 'running',
  waiting: 'delayed',
  retrying: 'retrying',
  succeeded: 'succeeded',
  failed: 'failed',
  dead: 'dead',
  cancelled: 'cancelled',
  expired: 'expired',
  replayed: 'queued',
} as const satisfies Record<string, JobState>;
export type EventType = keyof typeof eventStates;

/** What went wrong with a job, as people see it. */
export const jobErrorSchema = z.object({
  code: z.string().max(100),
  message: z.string(),
  stack: z.string().exactOptional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).exactOptional(),
});
export type JobError = z.infer<typeof jobErrorSchema>;

/** A named blob that a job made; its bytes travel in a message of their own (see `output.ts`). */
export const outputDescriptionSchema = z.object({
  name: z.string().min(1).max(200),
  type: z.string().max(200),
  bytes: z.int().min(0),
  sha256: z.string().length(64),
  /** What the task wants known of it, such as a picture's true width and height. */
  meta: z.record(z.string(), z.unknown()).exactOptional(),
});
export type OutputDescription = z.infer<typeof outputDescriptionSchema>;

const base = {
  job: jobIdSchema,
  task: taskNameSchema,
  generation: z.int().min(0),
  attempt: z.int().min(0),
  /** Identifies one delivery to one worker; empty for events that no run caused (`accepted`). */
  run: z.string().max(100),
  /** Order within a run, from 0. */
  seq: z.int().min(0),
  /** Milliseconds since the epoch, by the clock of the service that saw it happen. */
  at: z.int().min(0),
  /** W3C trace context of what made it happen, if the job is part of a trace. */
  traceparent: z.string().max(200).exactOptional(),
};
const byWorker = { ...base, worker: z.string().max(200) };

export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('accepted'),
    ...base,
    priority: z.int(),
    /** Absent when its JSON text is longer than `MAX_RECORDED_INPUT_BYTES`. */
    input: z.unknown().optional(),
    /** What came as bytes beside the input. */
    body: z.object({ type: z.string(), bytes: z.int() }).exactOptional(),
    tags: z.array(z.string()).exactOptional(),
    timeoutMs: z.int().exactOptional(),
    batch: batchPlaceSchema.exactOptional(),
    retry: retrySchema.exactOptional(),
    deadline: z.int().exactOptional(),
    resultTtlMs: z.int().min(0).exactOptional(),
    webhook: webhookSchema.exactOptional(),
  }),
  z.object({ type: z.literal('started'), ...byWorker }),
  z.object({
    type: z.literal('progress'),
    ...byWorker,
    /** 0 to 1. */
    fraction: z.number().min(0).max(1),
    note: z.string().max(500).exactOptional(),
  }),
  z.object({
    type: z.literal('succeeded'),
    ...byWorker,
    startedAt: z.int(),
    result: z.unknown().optional(),
    outputs: z.array(outputDescriptionSchema).exactOptional(),
    /** How long they are kept; absent: as long as the job. */
    resultTtlMs: z.int().min(0).exactOptional(),
    webhook: webhookSchema.exactOptional(),
  }),
  z.object({
    type: z.enum(['failed', 'dead']),
    ...byWorker,
    startedAt: z.int(),
    error: jobErrorSchema,
    webhook: webhookSchema.exactOptional(),
  }),
  /** The attempt failed; the next one begins at `until`. */
  z.object({
    type: z.literal('retrying'),
    ...byWorker,
    startedAt: z.int(),
    error: jobErrorSchema,
    until: z.int(),
  }),
  /** The handler waits for its key's state to change, at most until `until`; then it runs again, as the next attempt. */
  z.object({ type: z.literal('waiting'), ...byWorker, startedAt: z.int(), until: z.int() }),
  /** Ended without a run's own word: by the recorder (`run` empty) or by the worker that took the job. */
  z.object({
    type: z.enum(['cancelled', 'expired']),
    ...base,
    worker: z.string().max(200).exactOptional(),
    startedAt: z.int().exactOptional(),
    error: jobErrorSchema.exactOptional(),
    webhook: webhookSchema.exactOptional(),
  }),
  z.object({ type: z.literal('delayed'), ...base, until: z.int() }),
  /** A dead job goes again, as the next generation. `input`: edited on the way. */
  z.object({ type: z.literal('replayed'), ...base, input: z.unknown().optional() }),
]);
export type JobEvent = z.infer<typeof eventSchema>;

/** Longer inputs are run, but the recorder does not keep them. */
export const MAX_RECORDED_INPUT_BYTES = 256 * 1024;

/** Most events in one message. */
export const MAX_EVENTS_PER_MESSAGE = 100;

/** One message of events: a JSON array, in the order they happened at its publisher. */
export function encodeEvents(events: readonly JobEvent[], messageId: string): WireMessage<'events'> {
  const texts = events.map((event) => JSON.stringify(event));
  return joinEvents(texts, messageId, events[0]?.at ?? Date.now());
}

/** The same, of events that are JSON text already. `at`: the first one's time, in milliseconds since the epoch. */
export function joinEvents(texts: readonly string[], messageId: string, at: number): WireMessage<'events'> {
  return {
    kind: 'events',
    body: Buffer.from(`[${texts.join(',')}]`),
    properties: { contentType: 'application/json', type: 'events', messageId, timestamp: at },
  };
}

/** What comes by this exchange is taken for the notifier's word, who may tell of its own task only. */
const WEBHOOK_EVENTS = 'heddle.webhooks';

const eventsSchema = z.array(eventSchema).min(1);

/** Reads a message of events, checking each. */
export function decodeEvents(message: ReceivedMessage): Decoded<JobEvent[]> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = eventsSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'events')) };
  if (message.exchange === WEBHOOK_EVENTS) {
    const other = parsed.data.find(({ task }) => task !== WEBHOOK_TASK);
    if (other)
      return {
        ok: false,
        reason: `events: expected only those of ${WEBHOOK_TASK} by ${WEBHOOK_EVENTS}, got one of ${other.task}`,
      };
  }
  return { ok: true, value: parsed.data };
}
