import { JOB_SECONDS, type MetricEntry } from './metric-entry.ts';

const workers = ['consumer', 'notifier'] as const;

/** Jobs: how many come in and end, how long they wait and take, what goes wrong. */
export const jobMetrics = {
  heddle_jobs_accepted_total: {
    type: 'counter',
    labels: ['task'],
    by: ['recorder'],
    help: 'Jobs that came in, from whichever source, as the recorder learnt of them. Tasks that no worker has announced count as "other".',
  },
  heddle_jobs_total: {
    type: 'counter',
    labels: ['task', 'outcome'],
    by: workers,
    help: 'Jobs that ended, by task and outcome.',
  },
  heddle_job_retries_total: {
    type: 'counter',
    labels: ['task'],
    by: workers,
    help: 'Attempts that failed and are followed by another one.',
  },
  heddle_job_errors_total: {
    type: 'counter',
    labels: ['task', 'code'],
    by: workers,
    help: 'Attempts that ended in an error, by its code, retried or not. Besides the codes of docs/errors.md a process tells 30 of a task apart; further ones count as "other".',
  },
  heddle_jobs_in_progress: {
    type: 'gauge',
    labels: ['task'],
    by: workers,
    help: 'Jobs whose handler runs now.',
  },
  heddle_job_wait_seconds: {
    type: 'histogram',
    labels: ['task'],
    by: workers,
    buckets: JOB_SECONDS,
    help: 'From the moment a job could have begun (accepted; for a delayed job or a retry: due) to the start of its handler.',
  },
  heddle_job_duration_seconds: {
    type: 'histogram',
    labels: ['task'],
    by: workers,
    buckets: JOB_SECONDS,
    help: 'From the start of a handler to its end, every attempt. The sum is the time that slots were busy.',
  },
  heddle_job_end_to_end_seconds: {
    type: 'histogram',
    labels: ['task'],
    by: workers,
    buckets: JOB_SECONDS,
    help: 'From the acceptance of a job to the confirm of its last event, delays and retries included.',
  },
} as const satisfies Record<string, MetricEntry>;
