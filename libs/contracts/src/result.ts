import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import type { JobError, OutputDescription } from './event.ts';
import { type JobState, jobStates, type TerminalState, terminalStates } from './job.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** How a job ended, sent to its `reply_to` after the recorder is sure to learn of it. */
export interface JobResult {
  readonly job: string;
  readonly state: TerminalState;
  readonly result?: unknown;
  readonly error?: JobError;
  readonly outputs?: readonly OutputDescription[];
  /** There if the job ended in its only run, and nothing was told of it before: with it the result says all that the recorder will. */
  readonly run?: OnlyRun;
}

/** Times are milliseconds since the epoch. */
export interface OnlyRun {
  readonly worker: string;
  readonly acceptedAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Absent: the result is kept as long as the job. */
  readonly resultTtlMs?: number;
}

export function encodeResult(result: JobResult, correlationId: string | undefined): WireMessage<'result'> {
  return {
    kind: 'result',
    body: Buffer.from(JSON.stringify(result)),
    properties: {
      contentType: 'application/json',
      type: 'result',
      messageId: result.job,
      transient: true,
      correlationId,
    },
  };
}

const resultEnvelopeSchema = z.looseObject({ job: z.string(), state: z.enum(terminalStates) });

/** Reads a result. What it says beside job and state is trusted: only workers may publish to `heddle.replies`. */
export function decodeResult(message: ReceivedMessage): Decoded<JobResult> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = resultEnvelopeSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'result')) };
  return { ok: true, value: json.value as JobResult };
}

/** A job that has not ended, told to whoever follows it. `progress`: the newest, 0 to 1. */
export interface JobNews {
  readonly job: string;
  readonly state: Exclude<JobState, TerminalState>;
  readonly progress?: { readonly fraction: number; readonly note?: string };
}

/** Where a job stands: its end, or how far it is. */
export type JobStanding = JobResult | JobNews;

/** Most entries in one message of results. */
export const MAX_RESULTS_PER_MESSAGE = 100;

/** Results and news for one follower, JSON text each, in the order they happened at one worker. */
export function joinResults(texts: readonly string[]): WireMessage<'results'> {
  return {
    kind: 'results',
    body: Buffer.from(`[${texts.join(',')}]`),
    properties: { contentType: 'application/json', type: 'results', transient: true },
  };
}

const standingEnvelopeSchema = z.looseObject({ job: z.string(), state: z.enum(jobStates) });

/** Reads a message of results. What each says beside job and state is trusted, as with `decodeResult`. */
export function decodeResults(message: ReceivedMessage): Decoded<JobStanding[]> {
  const json = parseJson(message.body);
  if (!json.ok) return json;
  const parsed = z.array(standingEnvelopeSchema).safeParse(json.value);
  if (!parsed.success) return { ok: false, reason: describeIssues(issuesOf(parsed.error, 'results')) };
  return { ok: true, value: json.value as JobStanding[] };
}
