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

it('says every ten seconds that the worker lives, and at the end that it leaves', async () => {
  const worker = recordingWorker();
  const signs = new LifeSigns(
    worker.publisher,
    { name: 'worker-1', tasks: ['debug.echo'], running: () => 3 },
    worker.log,
  );
  signs.start();
  await vi.advanceTimersByTimeAsync(20_000);
  await signs.stop();
  const alive = { type: 'worker', worker: 'worker-1', tasks: ['debug.echo'], running: 3, leaving: false };
  expect(signsOf(worker)).toMatchObject([alive, alive, alive, { ...alive, leaving: true }]);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes on when the broker is away', async () => {
  const worker = recordingWorker();
  worker.beforeConfirm = () => Promise.reject(new Error('away'));
  const signs = new LifeSigns(worker.publisher, { name: 'w', tasks: [], running: () => 0 }, worker.log);
  signs.start();
  await vi.advanceTimersByTimeAsync(10_000);
  await signs.stop();
  expect(signsOf(worker)).toHaveLength(3);
});
