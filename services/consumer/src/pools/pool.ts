import type { BrokerLog } from '@heddle/broker';
import type { JobRun } from '../jobs/job-run.ts';
import type { Outcome } from '../jobs/outcome.ts';

/** How long a handler in a thread or process may take to end after its signal, in milliseconds; a shutdown waits for all. */
export const GRACE_MS = {
  timed_out: 1_000,
  cancelled: 2_000,
  shutting_down: Number.POSITIVE_INFINITY,
} as const;

/** Where handlers run. */
export interface Pool {
  /** Runs the job's handler and resolves with how it ended; never rejects. Called for at most as many runs at once as the task has slots. */
  run(run: JobRun): Promise<Outcome> | Outcome;
  /** Of the child processes alive. */
  readonly processIds: readonly number[];
  /** Ends what the pool has started, and whatever still runs in it. */
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Runs at once. */
  readonly slots: number;
  readonly log: BrokerLog;
  /** Resident memory that one child process may use. */
  readonly memoryBytes: number;
  /** Jobs after which a child process is replaced. */
  readonly jobsPerProcess: number;
  readonly maxOutputBytes: number;
}
