import { describe, expect, it } from 'vitest';
import { createMetrics } from './create-metrics.ts';

describe('metrics', () => {
  it('carry the service on every series, and start at 0 for every exchange', async () => {
    const text = await createMetrics('recorder').registry.metrics();
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.filter((line) => !line.includes('service="recorder"'))).toEqual([]);
    expect(text).toContain(
      'heddle_messages_published_total{exchange="heddle.events",outcome="confirmed",service="recorder"} 0',
    );
    expect(text).toMatch(/heddle_build_info\{version="\d+\.\d+\.\d+",service="recorder"\} 1/);
  });

  it("count what happened, with a process's own queues under one name", async () => {
    const metrics = createMetrics('gateway');
    metrics.brokerObserver.consumed('heddle.replies.gateway-1', 'acked', 2);
    metrics.brokerObserver.consumed('heddle.replies.gateway-2', 'acked', 3);
    for (const rung of [100, 110]) {
      metrics.brokerObserver.published(`heddle.delay.${rung}`, 'confirmed', 1);
    }
    metrics.brokerObserver.published('heddle.rest.1500', 'confirmed', 7);
    metrics.http.began();
    metrics.http.ended('POST', '/v1/jobs', 202, 0.004);
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      'heddle_messages_consumed_total{queue="heddle.replies",outcome="acked",service="gateway"} 5',
    );
    expect(text).toContain(
      'heddle_messages_published_total{exchange="heddle.delay.<ms>",outcome="confirmed",service="gateway"} 2',
    );
    expect(text).toContain('{exchange="heddle.rest.<ms>",outcome="confirmed",service="gateway"} 7');
    expect(text).toContain(
      'heddle_http_request_duration_seconds_count{method="POST",route="/v1/jobs",code="202",service="gateway"} 1',
    );
  });

  it('have one series for all partitions of a task, and one for all its lanes', async () => {
    const metrics = createMetrics('consumer');
    const consumers = ['heddle.lanes.mail.send.0', 'heddle.lanes.mail.send.1', 'heddle.serial.ledger.3'];
    metrics.watchBroker({
      health: () => ({
        state: 'connected',
        reasons: [],
        consumers: consumers.map((queue, index) => ({
          queue,
          held: 2,
          state: index === 1 ? ('waiting' as const) : ('consuming' as const),
        })),
      }),
      load: () => ({ inFlight: 0, waiting: 0 }),
    } as unknown as Parameters<typeof metrics.watchBroker>[0]);
    const text = await metrics.registry.metrics();
    const shown = [...text.matchAll(/^heddle_(deliveries_held|consumer_up)\{queue="([^"]+)".*\} (\d+)$/gm)];
    expect(shown.map(([, metric, queue, value]) => [metric, queue, Number(value)])).toEqual([
      ['deliveries_held', 'heddle.lanes.mail.send', 4],
      ['deliveries_held', 'heddle.serial.ledger', 2],
      ['consumer_up', 'heddle.lanes.mail.send', 0],
      ['consumer_up', 'heddle.serial.ledger', 1],
    ]);
  });

  it('have the answers of HTTP from the start, how many and how long they took', async () => {
    const metrics = createMetrics('gateway');
    metrics.http.expect('POST', '/v1/jobs', [202, 503]);
    const text = await metrics.registry.metrics();
    for (const code of [202, 503]) {
      const labels = `method="POST",route="/v1/jobs",code="${code}",service="gateway"`;
      expect(text).toContain(`heddle_http_requests_total{${labels}} 0`);
      expect(text).toContain(`heddle_http_request_duration_seconds_count{${labels}} 0`);
    }
  });

  it("have Node's own under names that promtool takes, and each kind of garbage collection", async () => {
    const text = await createMetrics('gateway').registry.metrics();
    expect(text.match(/^# TYPE \w+_total gauge$/gm)).toBeNull();
    for (const kind of ['major', 'minor', 'incremental', 'weakcb']) {
      expect(text).toMatch(new RegExp(`nodejs_gc_duration_seconds_count\\{[^}]*kind="${kind}"[^}]*\\} \\d`));
    }
  });

  it('have the errors of a task from the start: what may befall any, what it says it throws, and the rest as one', async () => {
    const metrics = createMetrics('consumer');
    const task = metrics.forTask('debug.fail', ['out_of_luck']);
    task.erred('out_of_luck');
    for (let made = 0; made < 100; made += 1) task.erred(`made_up_${made}`);
    const text = await metrics.registry.metrics();
    const counts = new Map(
      [...text.matchAll(/^heddle_job_errors_total\{task="debug.fail",code="(\w+)",[^}]*\} (\d+)$/gm)].map(
        ([, code = '', count]) => [code, Number(count)],
      ),
    );
    expect([counts.get('out_of_luck'), counts.get('crashed'), counts.get('other')]).toEqual([1, 0, 70]);
    expect([...counts.keys()].filter((code) => code.startsWith('made_up'))).toHaveLength(30);
  });

  it('have every outcome of a task from the start', async () => {
    const metrics = createMetrics('consumer');
    const task = metrics.forTask('debug.echo');
    task.finished('succeeded');
    const text = await metrics.registry.metrics();
    expect(text).toContain('heddle_jobs_total{task="debug.echo",outcome="succeeded",service="consumer"} 1');
    expect(text).toContain('heddle_jobs_total{task="debug.echo",outcome="dead",service="consumer"} 0');
    expect(text).toContain('heddle_job_wait_seconds_count{task="debug.echo",service="consumer"} 0');
  });
});
