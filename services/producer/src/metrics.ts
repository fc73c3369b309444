import { type CounterMeter, type Meters, OTHER } from '@heddle/service';
import { dropCodes } from './dropped/explain-drop.ts';

const SOURCES = ['batch', 'reduce', 'schedule'] as const;

export interface ProducerMetrics {
  /** Jobs were submitted because of this. */
  made(source: (typeof SOURCES)[number], jobs: number): void;
  /** A message was moved to `heddle.dead`, with this code as the reason. */
  dropped(code: string): void;
  /** Asked before each scrape. */
  watchLeads(leads: () => boolean): void;
}

export function createProducerMetrics(meters: Meters): ProducerMetrics {
  const jobs = new Map(
    SOURCES.map((source) => [source, meters.counter('heddle_producer_jobs_total', source)]),
  );
  const dropped = new Map<string, CounterMeter>(
    dropCodes.map((code) => [code, meters.counter('heddle_producer_dropped_total', code)]),
  );
  return {
    made: (source, count) => jobs.get(source)?.add(count),
    dropped: (code) => (dropped.get(code) ?? meters.counter('heddle_producer_dropped_total', OTHER)).add(1),
    watchLeads: (leads) => meters.pulled('heddle_scheduler_leads', (add) => add(leads() ? 1 : 0)),
  };
}
