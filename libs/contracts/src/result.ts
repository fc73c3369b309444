import { z } from 'zod';
import { describeIssues, issuesOf } from './error.ts';
import type { JobError, OutputDescription } from './event.ts';
import { type TerminalState, terminalStates } from './job.ts';
import { type Decoded, parseJson, type ReceivedMessage, type WireMessage } from './message.ts';

/** How a job ended, sent to its `reply_to` after the recorder is sure to learn of it. */
export interface JobResult {
  readonly job: string;
  readonly state: TerminalState;
  readonly result?: unknown;
  readonly error?: JobError;
  readonly outputs?: readonly OutputDescription[];
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
