import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import { jobIdSchema } from './job.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';
import { taskNameSchema } from './task.ts';

/**
 * News for every process. Nothing durable hangs on it: the recorder has the truth, and a process that may have missed
 * news asks for the snapshot again.
 */
export const controlSchema = z.discriminatedUnion('type', [
  /** The announced tasks have changed; ask the recorder for them. */
  z.object({ type: z.literal('tasks-changed') }),
  /**
   * Stop this job wherever it is: the recorder keeps the cancel until the job's message has been consumed. The id of a
   * batch stops all jobs that have it as their batch. `generation`: which replay of the job is meant, 0 if absent; a later
   * one is to run, and so is every replay of a batch's job.
   */
  z.object({
    type: z.literal('cancel'),
    job: jobIdSchema,
    generation: z.int().min(1).exactOptional(),
    reason: z.string().max(500).exactOptional(),
  }),
  /** This batch has ended: whoever watches it need not wait for his next look. */
  z.object({ type: z.literal('batch-ended'), batch: jobIdSchema }),
  /** The tasks that are paused now; all others are not. */
  z.object({ type: z.literal('paused'), tasks: z.array(taskNameSchema) }),
  /** The schedules have changed; ask the recorder for them. */
  z.object({ type: z.literal('schedules-changed') }),
  /** There are to be fewer tokens of this limit: workers let theirs go round once, so that the surplus can be taken out. */
  z.object({ type: z.literal('recall-tokens'), limit: z.string().max(200) }),
  /** Does anybody run this? Asked when the guard of a long job comes; who runs it answers with `runs`. */
  z.object({ type: z.literal('is-running'), run: z.string().max(200) }),
  z.object({ type: z.literal('runs'), run: z.string().max(200) }),
  /** A worker's sign of life: at its start, at least every ten seconds, and once more, with `leaving`, at its end. */
  z.object({
    type: z.literal('worker'),
    worker: z.string().max(200),
    tasks: z.array(taskNameSchema),
    running: z.int().min(0),
    leaving: z.boolean(),
    at: z.int(),
  }),
]);
export type ControlNews = z.infer<typeof controlSchema>;

export function encodeControl(news: ControlNews): WireMessage<'control'> {
  return {
    kind: 'control',
    body: Buffer.from(JSON.stringify(news)),
    properties: { contentType: 'application/json', type: 'control', transient: true },
  };
}

export function decodeControl(message: ReceivedMessage): Decoded<ControlNews> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = controlSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'control')) };
  return { ok: true, value: parsed.data };
}
