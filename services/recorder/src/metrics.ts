import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface RecorderMetrics {
  /** A transaction took so long, and wrote so many events. */
  committed(seconds: number, events: number): void;
  /** Seconds from the newest committed event's own time to its commit. */
  lag(seconds: number): void;
  refused(messages: number): void;
  deleted(jobs: number): void;
}

export function createRecorderMetrics(registry: Registry): RecorderMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'heddle_recorder_transaction_duration_seconds',
    help: 'How long it took to write and commit a batch of deliveries.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const batch = new Histogram({
    name: 'heddle_recorder_batch_events',
    help: 'Events written in one transaction.',
    buckets: [1, 3, 10, 30, 100, 300, 1_000, 3_000],
    registers,
  });
  const lag = new Gauge({
    name: 'heddle_recorder_lag_seconds',
    help: 'From the newest committed event to its commit.',
    registers,
  });
  const refused = new Counter({
    name: 'heddle_recorder_refused_messages_total',
    help: 'Messages that went to heddle.dead because they could not be read or written.',
    registers,
  });
  const deleted = new Counter({
    name: 'heddle_recorder_deleted_jobs_total',
    help: 'Jobs deleted because they ended longer ago than HEDDLE_RETENTION.',
    registers,
  });
  return {
    committed(seconds, events) {
      duration.observe(seconds);
      batch.observe(events);
    },
    lag: (seconds) => lag.set(seconds),
    refused: (messages) => refused.inc(messages),
    deleted: (jobs) => deleted.inc(jobs),
  };
}
