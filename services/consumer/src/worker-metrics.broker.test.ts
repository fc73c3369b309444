import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { quartersImage } from '../test/pictures.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

let worker: RunningWorker;
beforeEach(async () => {
  worker = await runWorker();
});
afterEach(() => worker.close());

/** The value of a series of this worker; undefined: there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const text = await worker.metrics.registry.metrics();
  const line = text.split('\n').find((one) => one.startsWith(series.replace(/\}$/, ',')));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

describe('the metrics of a worker', () => {
  it('count attempts that fail, by their code, and jobs that end, by how', async () => {
    expect(await valueOf('heddle_job_errors_total{task="debug.fail",code="task_failed"}')).toBe(0);
    const retry = { attempts: 3, backoff: 'fixed' as const, delay: 100, maxDelay: 100, jitter: 0 };
    const input = { message: 'no', code: 'out_of_luck' };
    const { id } = await worker.submitter.submit({ task: 'debug.fail', input, retry });
    await worker.ended(id);
    await expect.poll(() => valueOf('heddle_jobs_total{task="debug.fail",outcome="dead"}')).toBe(1);
    expect(await valueOf('heddle_job_errors_total{task="debug.fail",code="out_of_luck"}')).toBe(3);
    expect(await valueOf('heddle_job_retries_total{task="debug.fail"}')).toBe(2);
    expect(await valueOf('heddle_job_duration_seconds_count{task="debug.fail"}')).toBe(3);
  });

  it('take a delay for no waiting', async () => {
    const { id } = await worker.submitter.submit({ task: 'debug.echo', input: 1, delayMs: 1_500 });
    await worker.ended(id);
    await expect.poll(() => valueOf('heddle_job_wait_seconds_count{task="debug.echo"}')).toBe(1);
    await expect.poll(() => valueOf('heddle_job_end_to_end_seconds_count{task="debug.echo"}')).toBe(1);
    const waited = (await valueOf('heddle_job_wait_seconds_sum{task="debug.echo"}')) ?? Number.NaN;
    const all = (await valueOf('heddle_job_end_to_end_seconds_sum{task="debug.echo"}')) ?? Number.NaN;
    // Whatever it waited besides, on a busy machine.
    expect(all - waited).toBeGreaterThan(1.4);
  });

  it('tell of threads as of one worker', async () => {
    const task = 'math.is-prime';
    const jobs = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        worker.submitter.submit({ task, input: { n: String(101 + 2 * n) } }),
      ),
    );
    for (const { id } of jobs) await worker.ended(id);
    await expect.poll(() => valueOf(`heddle_jobs_total{task="${task}",outcome="succeeded"}`)).toBe(6);
    expect(await valueOf(`heddle_job_duration_seconds_count{task="${task}"}`)).toBe(6);
    const text = await worker.metrics.registry.metrics();
    const seriesOf = (metric: string) => text.match(new RegExp(`^${metric}\\{task="${task}".*(?= )`, 'gm'));
    // Beside its threads, a process for its suspects.
    for (const metric of ['heddle_pool_slots', 'heddle_pool_busy'])
      expect(seriesOf(metric)?.toSorted()).toEqual(
        ['suspect', 'thread'].map((pool) => `${metric}{task="${task}",pool="${pool}",service="consumer"}`),
      );
    expect(seriesOf('heddle_jobs_in_progress')).toEqual([
      `heddle_jobs_in_progress{task="${task}",service="consumer"}`,
    ]);
    expect(text.match(/^process_resident_memory_bytes\{/gm)).toHaveLength(1);
  });

  it('tell of child processes as of one worker', async () => {
    const pool = 'task="image.thumbnail",pool="process"';
    expect(await valueOf(`heddle_pool_processes{${pool}}`)).toBe(0);
    const bytes = { body: await quartersImage().png().toBuffer(), type: 'image/png' };
    const { id } = await worker.submitter.submit({ task: 'image.thumbnail', input: { sizes: [32] }, bytes });
    await worker.ended(id);
    expect(await valueOf(`heddle_pool_processes{${pool}}`)).toBe(1);
    expect(await valueOf(`heddle_pool_slots{${pool}}`)).toBeGreaterThan(0);
    expect(await valueOf(`heddle_pool_busy{${pool}}`)).toBe(0);
    expect(await valueOf(`heddle_pool_waiting{${pool}}`)).toBe(0);
    if (process.platform !== 'linux') return;
    expect(await valueOf(`heddle_pool_memory_bytes{${pool}}`)).toBeGreaterThan(10_000_000);
    const used = (await valueOf(`heddle_pool_cpu_seconds_total{${pool}}`)) ?? 0;
    expect(used).toBeGreaterThan(0);
    await worker.drain();
    expect(await valueOf(`heddle_pool_cpu_seconds_total{${pool}}`)).toBeGreaterThanOrEqual(used);
  });
});
