import { DEFAULT_PRIORITY, header } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtFile } from '../../../test/support/built-file.ts';
import { openGate } from '../../../test/support/tasks/gates.ts';
import { until } from '../test/open-test-pool.ts';
import { quartersImage } from '../test/pictures.ts';
import { type RunningWorker, runWorker } from '../test/running-worker.ts';

let worker: RunningWorker;
beforeEach(async () => {
  worker = await runWorker();
});
afterEach(() => worker.close());

/** A message as a client in another language would publish it: nothing that Heddle does not ask for. */
const foreign = (body: string, properties: object = {}) => ({
  kind: 'job' as const,
  body: Buffer.from(body),
  properties: { contentType: 'application/json', ...properties },
});

describe('a worker', () => {
  it('runs a job and tells the recorder', async () => {
    const { id } = await worker.submitter.submit({ task: 'debug.echo', input: { hello: 'world' } });
    const event = await worker.ended(id);
    expect(event).toMatchObject({ type: 'succeeded', result: { hello: 'world' }, worker: 'worker-1' });
    expect(worker.eventsOf(id).map(({ type }) => type)).toEqual(['accepted', 'succeeded']);
  });

  it('tells of the start of a job that takes its time', async () => {
    const SLOW_TASKS = builtFile(new URL('../test/tasks/slow-tasks.ts', import.meta.url));
    await worker.another({ HEDDLE_TASKS: SLOW_TASKS });
    const input = { gate: 'seen to start', ms: 0 };
    const { id } = await worker.submitter.submit({ task: 'slow.gated', input });
    await until(() => worker.eventsOf(id).some(({ type }) => type === 'started'));
    openGate('seen to start');
    await worker.ended(id);
    expect(worker.eventsOf(id).map(({ type }) => type)).toEqual(['accepted', 'started', 'succeeded']);
  });

  it('sends the result to whoever waits for it', async () => {
    const replies = await worker.broker.replies();
    const reply = replies.wait('c-1', 60_000);
    const job = { task: 'debug.echo', input: [1, 2], replyTo: replies.name, correlationId: 'c-1' };
    const { id } = await worker.submitter.submit(job);
    expect(JSON.parse((await reply).body.toString())).toEqual({
      job: id,
      state: 'succeeded',
      result: [1, 2],
      run: {
        worker: 'worker-1',
        acceptedAt: expect.any(Number),
        startedAt: expect.any(Number),
        endedAt: expect.any(Number),
      },
    });
  });

  it('ends a job that runs too long', async () => {
    const { id } = await worker.submitter.submit({
      task: 'debug.sleep',
      input: { ms: 60_000 },
      timeoutMs: 50,
    });
    expect(await worker.ended(id)).toMatchObject({ type: 'dead', error: { code: 'timed_out' } });
  });

  it('survives a job that takes its process down, and runs the next', async () => {
    const crash = await worker.submitter.submit({ task: 'debug.crash', input: { how: 'exit' } });
    expect(await worker.ended(crash.id)).toMatchObject({ type: 'dead', error: { code: 'crashed' } });
    const next = await worker.submitter.submit({ task: 'debug.echo', input: 1 });
    expect(await worker.ended(next.id)).toMatchObject({ type: 'succeeded' });
  });

  it('makes thumbnails, and has each confirmed before it says so', async () => {
    const body = await quartersImage(200, 100).jpeg().toBuffer();
    const { id } = await worker.submitter.submit({
      task: 'image.thumbnail',
      input: { sizes: [64, 16], format: 'webp' },
      bytes: { body, type: 'image/jpeg' },
    });
    const event = await worker.ended(id);
    expect(event).toMatchObject({
      type: 'succeeded',
      result: {
        thumbnails: [
          { size: 64, name: '64.webp', width: 64, height: 32 },
          { size: 16, name: '16.webp', width: 16, height: 8 },
        ],
      },
      outputs: [
        { name: '64.webp', type: 'image/webp', meta: { width: 64, height: 32 } },
        { name: '16.webp', type: 'image/webp', meta: { width: 16, height: 8 } },
      ],
    });
    const outputs = worker.recorded.filter((entry) => 'body' in entry && 'sha256' in entry);
    expect(outputs).toMatchObject([
      { job: id, name: '64.webp' },
      { job: id, name: '16.webp' },
    ]);
    expect(worker.recorded.indexOf(event)).toBe(worker.recorded.length - 1);
  });

  it('announces its tasks with their schemas', async () => {
    await until(() => worker.announced.length > 0);
    const thumbnail = worker.announced[0]?.tasks.find(({ name }) => name === 'image.thumbnail');
    expect(thumbnail).toMatchObject({ pool: 'process', body: 'bytes', timeoutMs: 30_000 });
  });

  it('counts what it does', async () => {
    const { id } = await worker.submitter.submit({ task: 'debug.fail', input: { message: 'no' } });
    await worker.ended(id);
    const text = await vi.waitFor(
      async () => {
        const metrics = await worker.metrics.registry.metrics();
        expect(metrics).toMatch(
          /heddle_jobs_total\{task="debug.fail",outcome="failed",service="consumer"\} 1/,
        );
        return metrics;
      },
      { timeout: 30_000 },
    );
    expect(text).toMatch(/heddle_jobs_total\{task="debug.fail",outcome="succeeded",service="consumer"\} 0/);
    expect(text).toMatch(/heddle_jobs_in_progress\{task="debug.fail",service="consumer"\} 0/);
    expect(text).toMatch(/heddle_job_duration_seconds_count\{task="debug.fail",service="consumer"\} 1/);
  });
});

describe('messages of other clients', () => {
  it('are run under their own id, and said to be accepted first', async () => {
    await worker.publish('heddle.jobs', 'debug.echo', foreign('{"n":1}', { messageId: 'theirs-1' }));
    expect(await worker.ended('theirs-1')).toMatchObject({ type: 'succeeded', result: { n: 1 } });
    expect(worker.eventsOf('theirs-1')).toMatchObject([
      { type: 'accepted', input: { n: 1 }, priority: DEFAULT_PRIORITY },
      { type: 'succeeded' },
    ]);
  });

  it('are adopted if they have no id', async () => {
    await worker.publish('heddle.jobs', 'debug.echo', foreign('{"n":2}'));
    await until(() => worker.recorded.length >= 2);
    const [accepted, succeeded] = worker.recorded;
    expect(accepted).toMatchObject({
      type: 'accepted',
      job: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(succeeded).toMatchObject({ type: 'succeeded', job: accepted?.job, result: { n: 2 } });
  });

  it('go to heddle.dead if they cannot be read', async () => {
    await worker.publish('heddle.jobs', 'debug.echo', foreign('{"half', { messageId: 'theirs-2' }));
    await until(() => worker.dead.length > 0);
    expect(worker.dead[0]).toMatchObject({
      body: Buffer.from('{"half'),
      properties: {
        messageId: 'theirs-2',
        headers: {
          [header.reason]: expect.stringMatching(/^unreadable_message: body is not JSON/) as string,
          [header.source]: 'heddle.jobs.debug.echo',
        },
      },
    });
    expect(worker.recorded).toEqual([]);
  });

  it('end as failed if their input is wrong, with a copy in heddle.dead', async () => {
    await worker.publish('heddle.jobs', 'debug.sleep', foreign('{"ms":"long"}', { messageId: 'theirs-3' }));
    expect(await worker.ended('theirs-3')).toMatchObject({
      type: 'failed',
      error: { code: 'invalid_input', issues: [{ path: 'input.ms' }] },
    });
    expect(worker.eventsOf('theirs-3').map(({ type }) => type)).toEqual(['accepted', 'failed']);
    await until(() => worker.dead.length > 0);
    expect(worker.dead).toHaveLength(1);
    expect(worker.dead[0]?.properties.headers?.[header.reason]).toMatch(/^invalid_input: input\.ms/);
  });
});
