import { readFileSync } from 'node:fs';
import type { BrokerObserver } from '@heddle/broker';
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client';
import { type HttpMetrics, httpMetrics } from './http-metrics.ts';
import { MeterRegistry } from './meter-registry.ts';
import { Meters } from './meters.ts';
import { brokerObserver, type ObservedBroker, watchBroker } from './observe-broker.ts';
import type { ServiceName } from './table/metric-entry.ts';
import { type TaskMetrics, taskMetrics } from './task-metrics.ts';

export interface ServiceMetrics {
  readonly registry: Registry;
  /** For what only one service has. */
  readonly meters: Meters;
  /** `ownCodes`: of the errors that its handler is known to give. */
  forTask(task: string, ownCodes?: Iterable<string>): TaskMetrics;
  readonly http: HttpMetrics;
  readonly brokerObserver: Required<BrokerObserver>;
  /** From now on the broker is asked before each scrape how it fares. */
  watchBroker(broker: ObservedBroker): void;
}

/** The version of the running code. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Gauges that are called as if they were counters, which `promtool check metrics` refuses. The same without `_total` count by type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const GC_KINDS = ['major', 'minor', 'incremental', 'weakcb'];

/** Node's own, as prom-client names them. */
function collectNodeMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const collections = registry.getSingleMetric('nodejs_gc_duration_seconds');
  if (collections instanceof Histogram) for (const kind of GC_KINDS) collections.zero({ kind });
}

/** All series of a service, on a registry of its own; every series carries `service`. */
export function createMetrics(service: ServiceName): ServiceMetrics {
  const registry = new MeterRegistry({ service });
  collectNodeMetrics(registry);
  const meters = new Meters(registry);
  meters.gauge('heddle_build_info', version).set(1);
  let http: HttpMetrics | undefined;
  return {
    registry,
    meters,
    forTask: (task, ownCodes) => taskMetrics(meters, task, ownCodes),
    get http() {
      return (http ??= httpMetrics(meters));
    },
    brokerObserver: brokerObserver(meters),
    watchBroker: (broker) => watchBroker(meters, broker),
  };
}
