import { defineTask } from '@heddle/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { recordingWorker } from '../../test/recording-worker.ts';
import { someRun } from '../../test/some-run.ts';
import { RunWatch } from './watch-runs.ts';

const task = defineTask({ name: 'debug.sleep', input: z.unknown(), timeout: 1_000, run: () => 1 });
const sleeper = defineTask({ name: 'debug.sleep', input: z.unknown(), timeout: 10_000, run: () => 1 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('RunWatch', () => {
  it('sends `started` for a run that outlives a tick, once', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run } = someRun(task, { worker });
    watch.add(run);
    await vi.advanceTimersByTimeAsync(200);
    expect(worker.eventsSent()).toMatchObject([{ type: 'started', run: run.id, at: run.startedAt }]);
  });

  it('sends nothing for one that ends before', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run } = someRun(task, { worker });
    watch.add(run);
    watch.remove(run);
    await vi.advanceTimersByTimeAsync(200);
    expect(worker.published).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("puts a foreign job's `accepted` before its `started`", async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    watch.add(someRun(task, { worker, job: { accepted: false } }).run);
    await vi.advanceTimersByTimeAsync(100);
    expect(worker.eventsSent().map((event) => event.type)).toEqual(['accepted', 'started']);
  });

  it('sends the newest progress once a second', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run } = someRun(sleeper, { worker });
    watch.add(run);
    for (let step = 1; step <= 100; step++) {
      run.progress(step / 100);
      await vi.advanceTimersByTimeAsync(40);
    }
    const sent = worker.eventsSent().filter((event) => event.type === 'progress');
    expect(sent.map((event) => 'fraction' in event && event.fraction)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it('sends no progress of a run that has only begun: its end comes soon enough', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run } = someRun(sleeper, { worker });
    watch.add(run);
    run.progress(0.5);
    await vi.advanceTimersByTimeAsync(980);
    expect(worker.eventsSent().map((event) => event.type)).toEqual(['started']);
    await vi.advanceTimersByTimeAsync(40);
    expect(worker.eventsSent().map((event) => event.type)).toEqual(['started', 'progress']);
  });

  it('sends what there is to tell of several runs in one message', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    for (let pause = 0; pause < 5; pause++) {
      watch.add(someRun(task, { worker }).run);
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(200);
    expect(worker.eventsSent().map((event) => event.type)).toEqual(Array(5).fill('started'));
    expect(worker.published).toHaveLength(2);
  });

  it('tells of runs that begin after the clock was set back', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    watch.add(someRun(task, { worker }).run);
    await vi.advanceTimersByTimeAsync(200);
    vi.setSystemTime(Date.now() - 3_600_000);
    watch.add(someRun(task, { worker }).run);
    await vi.advanceTimersByTimeAsync(200);
    expect(worker.eventsSent().map((event) => event.type)).toEqual(['started', 'started']);
  });

  it('stops a run whose time is up, and only that', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run: short } = someRun(task, { worker, job: { timeoutMs: 100 } });
    const { run: long } = someRun(task, { worker });
    watch.add(short);
    watch.add(long);
    await vi.advanceTimersByTimeAsync(90);
    expect(short.stopReason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(30);
    expect(short.stopReason).toBe('timed_out');
    expect(long.stopReason).toBeUndefined();
  });

  it('stops what is cancelled, and only that', () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run: one } = someRun(task, { worker });
    const { run: other } = someRun(task, { worker });
    watch.add(one);
    watch.add(other);
    watch.stopCancelled(({ id }) => (id === one.job.id ? 'too late' : undefined));
    expect([one.stopReason, other.stopReason]).toEqual(['cancelled', undefined]);
    expect(one.stopError().message).toBe('too late');
    watch.close();
  });

  it('stops all for a shutdown', () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker);
    const { run } = someRun(task, { worker });
    watch.add(run);
    watch.stopAll();
    expect(run.stopReason).toBe('shutting_down');
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('guards a long run, but not one that ends meanwhile, and none of a serial task', async () => {
    const worker = recordingWorker();
    const watch = new RunWatch(worker, 500);
    const serial = defineTask({
      name: 'serial.sleep',
      input: z.unknown(),
      serialBy: () => 'k',
      run: () => 1,
    });
    const [long, ending, ofKey] = [task, task, serial].map((one) => someRun(one, { worker })) as [
      ReturnType<typeof someRun>,
      ReturnType<typeof someRun>,
      ReturnType<typeof someRun>,
    ];
    const guarded: string[] = [];
    for (const { run } of [long, ending, ofKey]) {
      run.onGuarded = ({ id }) => void guarded.push(id);
      watch.add(run);
    }
    worker.beforeConfirm = ({ message }) => {
      if (message.properties.messageId === ending.job.id) ending.run.ended = true;
    };
    await vi.advanceTimersByTimeAsync(600);
    expect(guarded).toEqual([long.run.id]);
    expect([long, ending, ofKey].map(({ delivery }) => delivery.settled)).toEqual([
      'acked',
      undefined,
      undefined,
    ]);
    expect(worker.resting).toHaveLength(2);
    watch.close();
  });

  it('goes on when its events are not confirmed: the terminal event is what counts', async () => {
    const worker = recordingWorker();
    worker.beforeConfirm = () => Promise.reject(new Error('no broker'));
    const watch = new RunWatch(worker);
    watch.add(someRun(task, { worker }).run);
    await vi.advanceTimersByTimeAsync(100);
    expect(worker.logged).toEqual([{ level: 'warn', message: 'events on running jobs were not confirmed' }]);
    watch.close();
  });
});
