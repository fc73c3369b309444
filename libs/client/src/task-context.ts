import type { BatchResult } from '@heddle/contracts';
import type { KeyedState } from './define-state.ts';

/** What a handler gets: the input, the job it belongs to, and ways to speak while it runs. */
export interface TaskContext<I = unknown> {
  /** The job's input, checked against the task's schema, with its defaults filled in. */
  readonly input: I;
  /** The bytes of a job whose task takes `body: 'bytes'`; an empty buffer otherwise. */
  readonly bytes: Buffer;
  /** Media type of `bytes`, as its sender named it: a claim, not a fact. */
  readonly bytesType: string;
  readonly job: JobInfo;
  /**
   * Aborted when nobody waits for this attempt any more: its timeout has passed, somebody has cancelled the job, or the
   * worker is shutting down (its `reason` is a `HeddleError`: `timed_out`, `cancelled` or `shutting_down`). A handler that
   * ignores it is ended in a thread or child process; on the event loop it goes on unseen after a timeout, and keeps its
   * slot until it ends or its time is up after a cancel.
   */
  readonly signal: AbortSignal;
  /** Tells how far the job is, 0 to 1, in a few words if wanted (up to 500 characters). Cheap: only the newest is sent, once a second. */
  readonly progress: (fraction: number, note?: string) => void;
  /**
   * Gives the job a named blob. Small ones are sent together at the run's end; resolves when there is room for the next.
   * The job does not succeed before the broker has confirmed every one. Names are unique in a job, 1 to 200 characters; `meta` is JSON that goes into the
   * description. Rejects with `output_too_large` and `invalid_output`.
   */
  readonly output: (
    name: string,
    type: string,
    bytes: Uint8Array,
    meta?: Record<string, unknown>,
  ) => Promise<void>;
  /**
   * In the reduce job of a batch: how its jobs ended, in the order of their inputs, read from the recorder page by page.
   * While the recorder is away it waits. Throws `batch_not_found` in any other job.
   */
  readonly batchResults: () => AsyncIterable<BatchResult>;
  /**
   * The state of a key as it is now, for a task that wants to look and not to change it. While the recorder is away it
   * waits. Rejects with `invalid_state`.
   */
  readonly readState: <S>(state: KeyedState<S>, key: string) => Promise<S>;
  /** Writes to the worker's log, with the job's id. */
  readonly log: TaskLog;
}

export interface JobInfo {
  readonly id: string;
  readonly task: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly tags: readonly string[];
}

export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
