import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { recordingWorker } from '../test/recording-worker.ts';
import { drainWorker } from './drain-worker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The parts of a worker, noting what is asked of them; its jobs end when the test says so. */
function parts() {
  const steps: string[] = [];
  const step = (name: string) => (): Promise<void> => {
    steps.push(name);
    return Promise.resolve();
  };
  const worker = recordingWorker();
  let finish: () => void = () => undefined;
  const idle = new Promise<void>((resolve) => (finish = resolve));
  const server = { stop: step('stop taking'), idle: () => idle, close: step('close') };
  const runs = { running: 1, stopAll: step('abort signals'), close: step('stop watching') };
  const drained = {
    servers: [server],
    limiters: [],
    runs,
    announcer: { stop: step('stop announcing') },
    follower: { stop: () => Promise.resolve() },
    sharing: { stop: () => undefined },
    lanes: { close: () => undefined },
    lifeSigns: { stop: step('say goodbye') },
    worker,
  } as unknown as Parameters<typeof drainWorker>[0];
  return { steps, drained, worker, finish: () => finish() };
}

describe('draining a worker', () => {
  it('takes nothing new, finishes what runs, and leaves', async () => {
    const { steps, drained, finish } = parts();
    const done = drainWorker(drained, 10_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(steps).toEqual(['stop announcing', 'stop taking']);
    finish();
    await done;
    expect(steps).toEqual(['stop announcing', 'stop taking', 'stop watching', 'close', 'say goodbye']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('aborts handlers when most of the time has gone, and leaves their jobs to others in the end', async () => {
    const { steps, drained, worker } = parts();
    const done = drainWorker(drained, 10_000);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(steps).toContain('abort signals');
    expect(steps).not.toContain('close');
    await vi.advanceTimersByTimeAsync(2_000);
    await done;
    expect(steps).toContain('close');
    expect(worker.logged).toEqual([
      { level: 'warn', message: 'jobs still run: they go back to their queues' },
    ]);
  });
});
