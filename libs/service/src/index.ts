export { brokerAddress } from './broker-address.ts';
export { endsWithin } from './ends-within.ts';
export { BoundedLabel, OTHER } from './metrics/bounded-label.ts';
export { createMetrics, type ServiceMetrics, version } from './metrics/create-metrics.ts';
export type { HttpMetrics } from './metrics/http-metrics.ts';
export type { CounterMeter, GaugeMeter, HistogramMeter, Meters } from './metrics/meters.ts';
export {
  type LabelValues,
  type MetricName,
  type MetricsOf,
  metricGroups,
  metricTable,
} from './metrics/metric-table.ts';
export type { MetricEntry, ServiceName } from './metrics/table/metric-entry.ts';
export type { JobOutcome, TaskMetrics } from './metrics/task-metrics.ts';
export { type OpsServer, startOpsServer } from './ops-server.ts';
export {
  type RunningService,
  runService,
  type ServiceContext,
  type ServiceDefinition,
} from './run-service.ts';
export { HEAP_GROWTH } from './set-heap-growth.ts';
export {
  asBadSetting,
  type BaseSettings,
  baseSettings,
  describeBadSettings,
  durationSetting,
  EXIT_BAD_SETTINGS,
  listSetting,
  numberSetting,
  portSetting,
  readSettings,
  urlSetting,
} from './settings.ts';
export { onShutdown } from './shutdown.ts';
