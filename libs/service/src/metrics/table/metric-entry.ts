export type ServiceName = 'gateway' | 'producer' | 'consumer' | 'recorder' | 'notifier';

/** One metric of the table. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Besides `service`, which every series carries. */
  readonly labels: readonly string[];
  readonly by: readonly ServiceName[];
  /** Upper bounds; only of histograms. */
  readonly buckets?: readonly number[];
  readonly help: string;
}

/** Milliseconds to half an hour: what jobs take. */
export const JOB_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800,
] as const;
/** What people wait for: answers and transactions. */
export const SHORT_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
