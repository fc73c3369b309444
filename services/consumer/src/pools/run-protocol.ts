import type { JobInfo } from '@heddle/client';
import type { ErrorCode, OutputDescription } from '@heddle/contracts';
import type { StopReason } from '../jobs/job-run.ts';
import type { Outcome } from '../jobs/outcome.ts';
import type { KeyedInput, LogLevel } from './handler-context.ts';

/** What a thread or child process is told: to run a handler, one at a time, or to end the one that runs; and what it asked for. */
export type ToHandler = RunRequest | { readonly kind: 'stop'; readonly reason: StopReason } | Answer;

/** The answer to the handler's question of that number. */
export interface Answer {
  readonly kind: 'answer';
  readonly question: number;
  readonly said:
    | { readonly value: unknown }
    | { readonly error: { readonly code: ErrorCode; readonly message: string } };
}

/** What a child process is told: the same, but for the bytes of a job, which come through a pipe of their own. */
export type ToProcess =
  | (Omit<RunRequest, 'bytes'> & { readonly bytes: number })
  | Exclude<ToHandler, RunRequest>;

export interface RunRequest {
  readonly kind: 'run';
  /** URL of the module that exports the task. */
  readonly module: string;
  readonly job: JobInfo;
  /** Checked already. */
  readonly input: unknown;
  readonly isChunk: boolean;
  readonly bytes: Uint8Array;
  readonly bytesType: string;
  readonly keyed: KeyedInput | undefined;
  readonly maxOutputBytes: number;
  /** W3C trace context of the run. */
  readonly traceparent: string | undefined;
}

/** What comes back, in order; `ended` is the last. */
export type FromHandler =
  | { readonly kind: 'progress'; readonly fraction: number; readonly note: string | undefined }
  | { readonly kind: 'output'; readonly description: OutputDescription; readonly bytes: Uint8Array }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly kind: 'read-batch'; readonly question: number; readonly first: number }
  | { readonly kind: 'read-state'; readonly question: number; readonly state: string; readonly key: string }
  | { readonly kind: 'ended'; readonly outcome: Outcome };
