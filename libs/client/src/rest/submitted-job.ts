import type { JobState } from '@heddle/contracts';

/** A job that is sure to run. */
export interface SubmittedJob {
  readonly id: string;
  readonly task: string;
  readonly state: JobState;
}
