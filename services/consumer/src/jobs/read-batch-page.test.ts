import { defineTask } from '@heddle/client';
import { HeddleError } from '@heddle/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { someRun } from '../../test/some-run.ts';
import { readBatchPage } from './read-batch-page.ts';

const task = defineTask({ name: 'debug.sum', input: z.unknown(), run: () => 1 });
const results = [{ index: 0, id: 'j0', state: 'succeeded', result: 1 }];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits for a recorder that is away', async () => {
  const { run, worker } = someRun(task, { job: { batch: { id: 'b1' } } });
  const answers = [
    () => Promise.reject(new HeddleError('recorder_unavailable', 'away')),
    () => Promise.resolve({ results }),
  ];
  worker.answer = () => answers.shift()?.() ?? Promise.reject(new Error('asked too often'));
  const read = readBatchPage(worker, run, 0);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await read).toEqual(results);
});

it('does not wait once the run is stopped', async () => {
  const { run, worker } = someRun(task, { job: { batch: { id: 'b1' } } });
  worker.answer = () => Promise.reject(new HeddleError('recorder_unavailable', 'away'));
  run.stop('cancelled');
  await expect(readBatchPage(worker, run, 0)).rejects.toMatchObject({ code: 'recorder_unavailable' });
});
