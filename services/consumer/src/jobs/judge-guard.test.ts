import type { Task } from '@heddle/client';
import { HeddleError, header, type JobRecord } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { holdDelivery, received, someJob } from '../../test/held-delivery.ts';
import { recordingWorker } from '../../test/recording-worker.ts';
import { judgeGuard } from './judge-guard.ts';
import type { TaskService } from './task-service.ts';

const MINUTE = 60_000;
const guard = { run: 'run-1', worker: 'worker-9', doubts: 0 };
const attempt = { number: 1, run: 'run-1', worker: 'worker-9', startedAt: 1_000, endedAt: null, error: null };
type Known = Partial<JobRecord> | HeddleError;

async function judge(known: Known, isRunning: boolean, doubts = 0) {
  const worker = recordingWorker();
  worker.answer = () =>
    known instanceof HeddleError
      ? Promise.reject(known)
      : Promise.resolve({ state: 'running', generation: 0, attempts: [attempt], ...known });
  const service = {
    task: { name: 'debug.echo' } as Task,
    worker,
    guards: { afterMs: 10 * MINUTE, isRunning: () => Promise.resolve(isRunning) },
  } as unknown as TaskService;
  const job = someJob({ guard: { ...guard, doubts } });
  const delivery = holdDelivery(received(job));
  await judgeGuard(service, delivery, job, { ...guard, doubts });
  expect(delivery.settled).toBe('acked');
  return {
    resting: worker.resting.map(({ message, restMs }) => ({
      restMs,
      doubts: (message.properties.headers?.[header.guard] as typeof guard | undefined)?.doubts,
    })),
    suspects: worker.published.filter(({ routingKey }) => routingKey === 'debug.echo.suspect'),
  };
}

const dropped = { resting: [], suspects: [] };

it.each<[string, Known]>([
  ['whose job has ended', { state: 'succeeded' }],
  [
    'whose run has ended, and the next attempt is due',
    { state: 'retrying', attempts: [{ ...attempt, endedAt: 2 }] },
  ],
  ['whose job was begun again', { attempts: [attempt, { ...attempt, run: 'run-2', startedAt: 2_000 }] }],
  ['whose job was replayed', { generation: 1 }],
])('a guard is dropped %s', async (_, known) => {
  expect(await judge(known, false)).toEqual(dropped);
});

it('a guard comes again while its run goes on', async () => {
  expect(await judge({}, true, 1)).toEqual({ resting: [{ restMs: 10 * MINUTE, doubts: 0 }], suspects: [] });
});

it('a guard whose run nobody goes on with comes again soon: the recorder may be behind', async () => {
  expect(await judge({}, false)).toEqual({ resting: [{ restMs: 5_000, doubts: 1 }], suspects: [] });
});

it('then its job is run again as a suspect, with a crash more', async () => {
  const { resting, suspects } = await judge({}, false, 1);
  expect(resting).toEqual([]);
  expect(suspects).toHaveLength(1);
  expect(suspects[0]?.message.properties.headers).toMatchObject({ [header.crashes]: 1 });
  expect(suspects[0]?.message.properties.headers?.[header.guard]).toBeUndefined();
});

it('a job is not run again as long as the recorder does not say that it is not over', async () => {
  const away = new HeddleError('recorder_unavailable', 'no answer');
  expect(await judge(away, false, 1)).toEqual({ resting: [{ restMs: 5_000, doubts: 1 }], suspects: [] });
  const unknown = new HeddleError('job_not_found', 'no such job');
  expect((await judge(unknown, false, 1)).suspects).toHaveLength(1);
});
