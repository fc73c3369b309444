import { type MetricEntry, SHORT_SECONDS } from './metric-entry.ts';

/** What only one service does. */
export const serviceMetrics = {
  heddle_recorder_events_total: {
    type: 'counter',
    labels: ['type'],
    by: ['recorder'],
    help: 'Events committed, by type. An event that came twice counts twice.',
  },
  heddle_recorder_lag_seconds: {
    type: 'gauge',
    labels: [],
    by: ['recorder'],
    help: 'How far the database is behind: from the newest committed event to its commit; while a commit takes longer or fails, the age of the oldest delivery held; 0 after 15 s without events.',
  },
  heddle_recorder_transaction_duration_seconds: {
    type: 'histogram',
    labels: [],
    by: ['recorder'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    help: 'How long it took to write and commit a batch of deliveries.',
  },
  heddle_recorder_batch_events: {
    type: 'histogram',
    labels: [],
    by: ['recorder'],
    buckets: [1, 3, 10, 30, 100, 300, 1_000, 3_000],
    help: 'Events written in one transaction.',
  },
  heddle_recorder_database_errors_total: {
    type: 'counter',
    labels: [],
    by: ['recorder'],
    help: 'Transactions that failed because the database was in trouble; each is tried again.',
  },
  heddle_recorder_refused_messages_total: {
    type: 'counter',
    labels: [],
    by: ['recorder'],
    help: 'Messages that went to heddle.dead because they could not be read or written.',
  },
  heddle_recorder_deleted_jobs_total: {
    type: 'counter',
    labels: [],
    by: ['recorder'],
    help: 'Jobs deleted because they ended longer ago than HEDDLE_RETENTION.',
  },
  heddle_recorder_outbox_messages: {
    type: 'gauge',
    labels: [],
    by: ['recorder'],
    help: 'Messages committed and not yet published.',
  },
  heddle_recorder_requests_total: {
    type: 'counter',
    labels: ['op', 'outcome'],
    by: ['recorder'],
    help: 'Requests of other services, by operation and whether they were answered, refused (the asker erred) or failed.',
  },
  heddle_recorder_request_duration_seconds: {
    type: 'histogram',
    labels: [],
    by: ['recorder'],
    buckets: SHORT_SECONDS,
    help: 'How long requests took, from their delivery to their reply.',
  },
  heddle_producer_jobs_total: {
    type: 'counter',
    labels: ['source'],
    by: ['producer'],
    help: 'Jobs made, by what asked for them.',
  },
  heddle_producer_dropped_total: {
    type: 'counter',
    labels: ['reason'],
    by: ['producer'],
    help: 'Messages that the broker set aside and that were moved to heddle.dead, by reason.',
  },
  heddle_scheduler_leads: {
    type: 'gauge',
    labels: [],
    by: ['producer'],
    help: '1 in the one producer that ticks the schedules.',
  },
  heddle_notifier_events_total: {
    type: 'counter',
    labels: ['type'],
    by: ['notifier'],
    help: 'Events read in search of webhooks, by type.',
  },
} as const satisfies Record<string, MetricEntry>;
