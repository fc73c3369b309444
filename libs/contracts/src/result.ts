import { type JobError, type OutputDescription } from './event.ts';
import type { TerminalState } from './job.ts';
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

/** Reads a result. Its shape is trusted: only workers may publish to `heddle.replies`. */
export function decodeResult(message: ReceivedMessage): Decoded<JobResult> {
  const json = parseJson(message.body);
  return json.ok ? { ok: true, value: json.value as JobResult } : json;
}
