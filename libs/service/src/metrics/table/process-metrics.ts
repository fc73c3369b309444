import { type MetricEntry, SHORT_SECONDS } from './metric-entry.ts';

const everyService = ['gateway', 'producer', 'consumer', 'recorder', 'notifier'] as const;

/** What every process has to do with the broker. */
export const processMetrics = {
  heddle_build_info: {
    type: 'gauge',
    labels: ['version'],
    by: everyService,
    help: 'Always 1; the version is a label.',
  },
  heddle_messages_published_total: {
    type: 'counter',
    labels: ['exchange', 'outcome'],
    by: everyService,
    help: 'Messages published, by exchange and what the broker said. The rungs of the delay ladder are one.',
  },
  heddle_messages_consumed_total: {
    type: 'counter',
    labels: ['queue', 'outcome'],
    by: everyService,
    help: 'Deliveries settled, by queue and how; "lost": the channel went first, and the broker delivers again.',
  },
  heddle_deliveries_held: {
    type: 'gauge',
    labels: ['queue'],
    by: everyService,
    help: 'Deliveries that this process holds unsettled.',
  },
  heddle_consumer_up: {
    type: 'gauge',
    labels: ['queue'],
    by: everyService,
    help: '1 while this process is subscribed to the queue, 0 while it wants to be and is not.',
  },
  heddle_publish_confirms_in_flight: {
    type: 'gauge',
    labels: [],
    by: everyService,
    help: 'Messages published and not yet confirmed.',
  },
  heddle_publish_waiting: {
    type: 'gauge',
    labels: [],
    by: everyService,
    help: 'Messages in line because as many are in flight as may be, or the broker is away.',
  },
  heddle_publish_confirm_duration_seconds: {
    type: 'histogram',
    labels: [],
    by: everyService,
    buckets: SHORT_SECONDS,
    help: "From sending a message to the broker's confirm. A sample: one message after the other is timed.",
  },
  heddle_broker_connected: {
    type: 'gauge',
    labels: [],
    by: everyService,
    help: '1 while both connections to the broker are up.',
  },
  heddle_broker_blocked: {
    type: 'gauge',
    labels: [],
    by: everyService,
    help: '1 while the broker takes no messages because of an alarm (memory or disk).',
  },
  heddle_broker_connections_lost_total: {
    type: 'counter',
    labels: ['connection'],
    by: everyService,
    help: 'Connections to the broker that broke, by what they were for.',
  },
} as const satisfies Record<string, MetricEntry>;
