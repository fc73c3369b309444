import { decodeControl } from '@heddle/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type RecordingWorker, recordingWorker } from '../../test/recording-worker.ts';
import { LifeSigns } from './send-life-signs.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const signsOf = (worker: RecordingWorker) =>
  worker.publishedTo('heddle.control').map((message) => {
    const received = { ...message, exchange: 'heddle.control', routingKey: '', redelivered: false };
    const decoded = decodeControl(received);
    return decoded.ok ? decoded.value : decoded.reason;
  });

it('says that the worker lives, often at first and then every ten seconds, and at the end that it leaves', async () => {
  const worker = recordingWorker();
  const signs = new LifeSigns(
    worker.publisher,
    { name: 'worker-1', tasks: ['debug.echo'], running: () => 3 },
    worker.log,
  );
  signs.start();
  const after: number[] = [];
  for (const began = Date.now(); after.length < 8; await vi.advanceTimersToNextTimerAsync())
    after.push(Date.now() - began);
  expect(after).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 25_500, 35_500]);
  await signs.stop();
  const alive = { type: 'worker', worker: 'worker-1', tasks: ['debug.echo'], running: 3, leaving: false };
  const told = [...after, 45_500].map(() => alive);
  expect(signsOf(worker)).toMatchObject([...told, { ...alive, leaving: true }]);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes on when the broker is away', async () => {
  const worker = recordingWorker();
  worker.beforeConfirm = () => Promise.reject(new Error('away'));
  const signs = new LifeSigns(worker.publisher, { name: 'w', tasks: [], running: () => 0 }, worker.log);
  signs.start();
  await vi.advanceTimersByTimeAsync(1_500);
  await signs.stop();
  expect(signsOf(worker)).toHaveLength(4);
});
