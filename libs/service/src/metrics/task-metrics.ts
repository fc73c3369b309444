import { type ErrorCode, errorTable } from '@heddle/contracts';
import { BoundedLabel, OTHER } from './bounded-label.ts';
import type { CounterMeter, Meters } from './meters.ts';

/** How a job ended, as a label. */
export type JobOutcome = (typeof JOB_OUTCOMES)[number];
const JOB_OUTCOMES = ['succeeded', 'failed', 'dead', 'cancelled', 'expired'] as const;
/** What handlers throw may have any code; so many of them get a series. */
const OWN_CODES = 30;
/** What may come of any task, whatever its handler throws. */
const CODES_OF_ANY = [
  'task_failed',
  'timed_out',
  'crashed',
  'out_of_memory',
  'invalid_input',
  'invalid_output',
  'unreadable_message',
  'internal_error',
] as const satisfies readonly ErrorCode[];

/** One task's series, looked up once. Durations in seconds. */
export interface TaskMetrics {
  finished(outcome: JobOutcome): void;
  /** An attempt ended in an error and another one follows. */
  retried(): void;
  /** An attempt ended in an error with this code, retried or not. */
  erred(code: string): void;
  inProgress(change: 1 | -1): void;
  /** From the start of the handler to its end. */
  duration(seconds: number): void;
  /** From when it could have begun to the start of the handler. */
  wait(seconds: number): void;
  /** From acceptance to the confirm of the terminal event. */
  endToEnd(seconds: number): void;
}

/** The series of a task, all at 0; `ownCodes`: of the errors that its handler is known to give. */
export function taskMetrics(meters: Meters, task: string, ownCodes: Iterable<string> = []): TaskMetrics {
  const finished = new Map(
    JOB_OUTCOMES.map((outcome) => [outcome, meters.counter('heddle_jobs_total', task, outcome)]),
  );
  const retries = meters.counter('heddle_job_retries_total', task);
  const inProgress = meters.gauge('heddle_jobs_in_progress', task);
  const duration = meters.histogram('heddle_job_duration_seconds', task);
  const wait = meters.histogram('heddle_job_wait_seconds', task);
  const endToEnd = meters.histogram('heddle_job_end_to_end_seconds', task);
  const known = [...CODES_OF_ANY, ...ownCodes, OTHER];
  const codes = new BoundedLabel(OWN_CODES, [...Object.keys(errorTable), ...known]);
  const errors = (code: string): CounterMeter =>
    meters.counter('heddle_job_errors_total', task, codes.of(code));
  for (const code of known) errors(code);
  return {
    finished: (outcome) => finished.get(outcome)?.add(1),
    retried: () => retries.add(1),
    erred: (code) => errors(code).add(1),
    inProgress: (change) => inProgress.add(change),
    duration: (seconds) => duration.observe(seconds),
    wait: (seconds) => wait.observe(Math.max(0, seconds)),
    endToEnd: (seconds) => endToEnd.observe(Math.max(0, seconds)),
  };
}
