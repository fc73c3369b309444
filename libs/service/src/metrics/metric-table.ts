import { gatewayMetrics } from './table/gateway-metrics.ts';
import { jobMetrics } from './table/job-metrics.ts';
import type { MetricEntry } from './table/metric-entry.ts';
import { processMetrics } from './table/process-metrics.ts';
import { queueMetrics } from './table/queue-metrics.ts';
import { serviceMetrics } from './table/service-metrics.ts';

/** The parts of the table, by what people ask about. */
export const metricGroups = {
  Jobs: jobMetrics,
  'Queues and pools': queueMetrics,
  'HTTP and live events': gatewayMetrics,
  'Messages and the broker': processMetrics,
  'Recorder, producer, notifier': serviceMetrics,
} as const satisfies Record<string, Record<string, MetricEntry>>;

/**
 * Every metric that Heddle's services have: the single source. A service makes a metric only by its name here, docs/metrics.md
 * is generated from here, and a test compares what running services show with what stands here. Units stand in the names;
 * no label ever holds an id or anything else that clients make up.
 */
export const metricTable = {
  ...jobMetrics,
  ...queueMetrics,
  ...gatewayMetrics,
  ...processMetrics,
  ...serviceMetrics,
} as const;

export type MetricName = keyof typeof metricTable;
/** The metrics of one type. */
export type MetricsOf<T extends MetricEntry['type']> = {
  [N in MetricName]: (typeof metricTable)[N]['type'] extends T ? N : never;
}[MetricName];
/** A value for each label of a metric, in the order of the table. */
export type LabelValues<N extends MetricName> = TextFor<(typeof metricTable)[N]['labels']>;
type TextFor<Labels extends readonly string[]> = { readonly [I in keyof Labels]: string };
