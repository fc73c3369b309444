import { describe, expect, it } from 'vitest';
import { BoundedLabel } from './bounded-label.ts';
import { MeterRegistry } from './meter-registry.ts';
import { Meters } from './meters.ts';

const newMeters = () => {
  const registry = new MeterRegistry();
  return { registry, meters: new Meters(registry), text: () => registry.metrics() };
};

describe('meters', () => {
  it('show each series from the moment it is asked for', async () => {
    const { meters, text } = newMeters();
    meters.counter('heddle_jobs_total', 'debug.echo', 'dead');
    expect(await text()).toContain('heddle_jobs_total{task="debug.echo",outcome="dead"} 0');
    meters.counter('heddle_jobs_total', 'debug.echo', 'dead').add(2);
    expect(await text()).toContain('heddle_jobs_total{task="debug.echo",outcome="dead"} 2');
  });

  it('put an observation into every bucket that holds it', async () => {
    const { meters, text } = newMeters();
    const wait = meters.histogram('heddle_job_wait_seconds', 'debug.echo');
    for (const seconds of [0.0005, 0.001, 0.3, 10_000]) wait.observe(seconds);
    const shown = await text();
    expect(shown).toContain('heddle_job_wait_seconds_bucket{le="0.001",task="debug.echo"} 2');
    expect(shown).toContain('heddle_job_wait_seconds_bucket{le="0.5",task="debug.echo"} 3');
    expect(shown).toContain('heddle_job_wait_seconds_bucket{le="1800",task="debug.echo"} 3');
    expect(shown).toContain('heddle_job_wait_seconds_bucket{le="+Inf",task="debug.echo"} 4');
    expect(shown).toContain('heddle_job_wait_seconds_sum{task="debug.echo"} 10000.3015');
    expect(shown).toContain('heddle_job_wait_seconds_count{task="debug.echo"} 4');
  });

  it('measure what is pulled before each scrape, and forget what has gone', async () => {
    const { meters, text } = newMeters();
    let queues = ['a', 'b'];
    meters.pulled('heddle_queue_messages_ready', (add) => {
      for (const queue of queues) add(7, queue);
    });
    expect(await text()).toContain('{queue="a"} 7');
    queues = ['b'];
    const shown = await text();
    expect(shown).not.toContain('{queue="a"}');
    expect(shown).toContain('{queue="b"} 7');
  });

  it('write what Prometheus reads, whatever a label holds', async () => {
    const { meters, text } = newMeters();
    meters.gauge('heddle_queue_drain_seconds', 'a"b\\c\nd').set(Number.POSITIVE_INFINITY);
    meters.counter('heddle_recorder_refused_messages_total').add(3);
    expect(await text()).toContain('heddle_queue_drain_seconds{queue="a\\"b\\\\c\\nd"} +Inf\n');
    expect(await text()).toMatch(
      /^# HELP heddle_recorder_refused_messages_total .+\n# TYPE heddle_recorder_refused_messages_total counter\nheddle_recorder_refused_messages_total 3\n/m,
    );
  });

  it('add up what several parts measure for one series', async () => {
    const { meters, text } = newMeters();
    meters.pulled('heddle_pool_busy', (add) => add(1, 'debug.echo', 'thread'));
    meters.pulled('heddle_pool_busy', (add) => add(2, 'debug.echo', 'thread'));
    await text();
    expect(await text()).toContain('heddle_pool_busy{task="debug.echo",pool="thread"} 3');
  });
});

describe('a bounded label', () => {
  it('tells the first values apart, and the reserved ones at any time', () => {
    const label = new BoundedLabel(2, ['crashed']);
    expect(['x', 'y', 'z', 'crashed', 'x'].map((value) => label.of(value))).toEqual([
      'x',
      'y',
      'other',
      'crashed',
      'x',
    ]);
  });
});
