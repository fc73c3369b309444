import type { Issue, JobResult } from '@heddle/contracts';

/** Why a job came to nothing, as its worker or the recorder told it. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  /** The thrown error's own `code` if it had one, else one of `docs/errors.md`. */
  readonly code: string;
  readonly job: string;
  /** `failed`: the handler said so for good; `dead`: retries or crashes used up; `expired`: nobody began it in time. */
  readonly state: JobResult['state'];
  /** Where in the handler's code, on its machine; absent when nothing was thrown there. */
  readonly remoteStack: string | undefined;
  /** What was wrong with the input, if that was it. */
  readonly issues: readonly Issue[];

  constructor({ job, state, error }: JobResult) {
    super(error?.message ?? `job ${job} is ${state}`);
    this.code = error?.code ?? 'task_failed';
    this.job = job;
    this.state = state;
    this.remoteStack = error?.stack;
    this.issues = error?.issues ?? [];
  }
}
