import { readFileSync } from 'node:fs';
import type { BrokerObserver } from '@heddle/broker';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { type HttpMetrics, httpMetrics } from './http-metrics.ts';
import { Meters } from './meters.ts';
import { brokerObserver, type ObservedBroker, watchBroker } from './observe-broker.ts';
import type { ServiceName } from './table/metric-entry.ts';
import { type TaskMetrics, taskMetrics } from './task-metrics.ts';

export interface ServiceMetrics {
  readonly registry: Registry;
  /** For what only one service has. */
  readonly meters: Meters;
  forTask(task: string): TaskMetrics;
  readonly http: HttpMetrics;
  readonly brokerObserver: Required<BrokerObserver>;
  /** From now on the broker is asked before each scrape how it fares. */
  watchBroker(broker: ObservedBroker): void;
}

/** The version of the running code. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** All series of a service, on a registry of its own; every series carries `service`. */
export function createMetrics(service: ServiceName): ServiceMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const meters = new Meters(registry);
  meters.gauge('heddle_build_info', version).set(1);
  let http: HttpMetrics | undefined;
  return {
    registry,
    meters,
    forTask: (task) => taskMetrics(meters, task),
    get http() {
      return (http ??= httpMetrics(meters));
    },
    brokerObserver: brokerObserver(meters),
    watchBroker: (broker) => watchBroker(meters, broker),
  };
}
