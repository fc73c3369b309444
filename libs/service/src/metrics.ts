import { readFileSync } from 'node:fs';
import type { BrokerObserver } from '@heddle/broker';
import { exchanges } from '@heddle/contracts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type ServiceName = 'gateway' | 'producer' | 'consumer' | 'recorder' | 'notifier';

/** How an attempt ended, as a label. */
export type JobOutcome = 'succeeded' | 'failed' | 'dead' | 'cancelled' | 'expired';

/** One task's series, looked up once. Durations in seconds. */
export interface TaskMetrics {
  finished(outcome: JobOutcome): void;
  inProgress(change: 1 | -1): void;
  /** From the start of the handler to its end. */
  duration(seconds: number): void;
  /** From acceptance to the start of the handler. */
  wait(seconds: number): void;
  /** From acceptance to the confirm of the terminal event. */
  endToEnd(seconds: number): void;
}

export interface ServiceMetrics {
  readonly registry: Registry;
  forTask(task: string): TaskMetrics;
  readonly http: { observe(method: string, route: string, code: number, seconds: number): void };
  readonly brokerObserver: Required<BrokerObserver>;
}

const PUBLISH_OUTCOMES = ['confirmed', 'returned', 'nacked', 'timed_out', 'failed'] as const;
const JOB_OUTCOMES = ['succeeded', 'failed', 'dead', 'cancelled', 'expired'] as const;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** The version of the running code. */
export const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** Queues of one process share a series, so that restarts do not make new ones. */
function queueLabel(queue: string): string {
  if (queue.startsWith('heddle.replies.')) return 'heddle.replies';
  if (queue.startsWith('heddle.control.')) return 'heddle.control';
  return queue;
}

/** The rungs of the delay ladder share a series: there are some 200. */
function exchangeLabel(exchange: string): string {
  return exchange.startsWith('heddle.delay.') ? 'heddle.delay.<ms>' : exchange;
}

/** Remembers the labelled child of each key, because looking labels up costs more than counting. */
function cached<T>(make: (a: string, b: string) => T): (a: string, b: string) => T {
  const children = new Map<string, T>();
  return (a, b) => {
    const key = `${a} ${b}`;
    let child = children.get(key);
    if (child === undefined) children.set(key, (child = make(a, b)));
    return child;
  };
}

/** All series of a service, on a registry of its own; every series carries `service`. */
export function createMetrics(service: ServiceName): ServiceMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  new Gauge({
    name: 'heddle_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  })
    .labels(version)
    .set(1);

  return {
    registry,
    forTask: taskMetrics(registers),
    http: httpMetrics(registers),
    brokerObserver: brokerMetrics(registers),
  };
}

function brokerMetrics(registers: Registry[]): Required<BrokerObserver> {
  const publishedTotal = new Counter({
    name: 'heddle_messages_published_total',
    help: 'Messages published, by exchange and what the broker said.',
    labelNames: ['exchange', 'outcome'],
    registers,
  });
  const consumedTotal = new Counter({
    name: 'heddle_messages_consumed_total',
    help: 'Deliveries settled, by queue and how.',
    labelNames: ['queue', 'outcome'],
    registers,
  });
  const connectedGauge = new Gauge({
    name: 'heddle_broker_connected',
    help: '1 while both connections to the broker are up.',
    registers,
  });
  const inFlight = new Gauge({
    name: 'heddle_publish_confirms_in_flight',
    help: 'Messages published and not yet confirmed.',
    registers,
  });
  for (const exchange of Object.keys(exchanges)) {
    for (const outcome of PUBLISH_OUTCOMES) publishedTotal.labels(exchange, outcome).inc(0);
  }
  const publishedTo = cached((exchange, outcome) => publishedTotal.labels(exchangeLabel(exchange), outcome));
  const consumedFrom = cached((queue, outcome) => consumedTotal.labels(queueLabel(queue), outcome));
  return {
    published: (exchange, outcome, count) => publishedTo(exchange, outcome).inc(count),
    consumed: (queue, outcome, count) => consumedFrom(queue, outcome).inc(count),
    connected: (connected) => connectedGauge.set(connected ? 1 : 0),
    confirmsInFlight: (count) => inFlight.set(count),
  };
}

function taskMetrics(registers: Registry[]): (task: string) => TaskMetrics {
  const labelNames = ['task'];
  const jobsTotal = new Counter({
    name: 'heddle_jobs_total',
    help: 'Attempts that ended, by task and outcome.',
    labelNames: ['task', 'outcome'],
    registers,
  });
  const running = new Gauge({
    name: 'heddle_jobs_in_progress',
    help: 'Jobs running now.',
    labelNames,
    registers,
  });
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, labelNames, buckets: SECONDS, registers });
  const duration = histogram('heddle_job_duration_seconds', 'How long handlers ran.');
  const wait = histogram('heddle_job_wait_seconds', 'From acceptance to the start of the handler.');
  const endToEnd = histogram('heddle_job_end_to_end_seconds', 'From acceptance to the confirmed end.');

  return (task) => {
    const finished = new Map(JOB_OUTCOMES.map((outcome) => [outcome, jobsTotal.labels(task, outcome)]));
    for (const counter of finished.values()) counter.inc(0);
    const ours = running.labels(task);
    ours.set(0);
    for (const metric of [duration, wait, endToEnd]) metric.zero({ task });
    const durationOf = duration.labels(task);
    const waitOf = wait.labels(task);
    const endToEndOf = endToEnd.labels(task);
    return {
      finished: (outcome) => finished.get(outcome)?.inc(),
      inProgress: (change) => ours.inc(change),
      duration: (seconds) => durationOf.observe(seconds),
      wait: (seconds) => waitOf.observe(seconds),
      endToEnd: (seconds) => endToEndOf.observe(seconds),
    };
  };
}

function httpMetrics(registers: Registry[]): ServiceMetrics['http'] {
  const duration = new Histogram({
    name: 'heddle_http_request_duration_seconds',
    help: 'How long HTTP requests took, by method, route pattern and status code.',
    labelNames: ['method', 'route', 'code'],
    buckets: SECONDS,
    registers,
  });
  const of = cached((methodAndRoute, code) => {
    const space = methodAndRoute.indexOf(' ');
    return duration.labels(methodAndRoute.slice(0, space), methodAndRoute.slice(space + 1), code);
  });
  return {
    observe: (method, route, code, seconds) => of(`${method} ${route}`, String(code)).observe(seconds),
  };
}
