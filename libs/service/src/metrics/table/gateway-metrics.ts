import { type MetricEntry, SHORT_SECONDS } from './metric-entry.ts';

/** The gateway: requests and live events. */
export const gatewayMetrics = {
  heddle_http_requests_total: {
    type: 'counter',
    labels: ['method', 'route', 'code'],
    by: ['gateway'],
    help: 'HTTP requests, by method (HEAD counts as GET), route pattern and status code; 499: the client left first; route "none": no route of ours, or not by that method; with method "other" also what cannot be read as a request (400, 408, 431).',
  },
  heddle_http_request_duration_seconds: {
    type: 'histogram',
    labels: ['method', 'route', 'code'],
    by: ['gateway'],
    buckets: SHORT_SECONDS,
    help: 'How long HTTP requests took, from their headers to the end of the answer. Event streams take as long as their client stays.',
  },
  heddle_http_requests_in_progress: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'HTTP requests at work now, event streams included.',
  },
  heddle_http_body_bytes_held: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'Bytes of request bodies held now.',
  },
  heddle_http_body_bytes_limit: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'Bytes of request bodies that may be held at once (HEDDLE_MAX_BYTES_IN_FLIGHT).',
  },
  heddle_sse_streams: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'Clients that read live events now.',
  },
  heddle_sse_position: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'Offset in the event log of the newest message read for them; 0 before the first. It stands still while nobody listens.',
  },
  heddle_sse_lag_seconds: {
    type: 'gauge',
    labels: [],
    by: ['gateway'],
    help: 'From the newest event read for live streams to its arrival here, when it came; 0 while nobody listens.',
  },
  heddle_sse_dropped_total: {
    type: 'counter',
    labels: [],
    by: ['gateway'],
    help: 'Clients whose live events were ended because they read too slowly.',
  },
} as const satisfies Record<string, MetricEntry>;
