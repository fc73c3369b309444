import { defineTask, type TaskContext } from '@heddle/client';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { someRun } from '../../test/some-run.ts';
import { eventLoopPool } from './run-on-event-loop.ts';

const task = (run: (context: TaskContext) => unknown) =>
  defineTask({ name: 'some.task', input: z.unknown(), run });

it('answers at once for a handler that does not wait', () => {
  const { run } = someRun(task(() => 42));
  expect(eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: 42 });
});

it('gives up on a handler that ignores that its time is up', async () => {
  const { run } = someRun(task(() => new Promise(() => undefined)));
  const ended = eventLoopPool.run(run);
  run.stop('timed_out');
  expect(await ended).toMatchObject({ state: 'failed', error: { code: 'timed_out' } });
});

it('lets a handler finish that is told of a shutdown', async () => {
  let finish: (result: string) => void = () => undefined;
  const { run } = someRun(task(() => new Promise((resolve) => (finish = resolve))));
  const ended = eventLoopPool.run(run);
  run.stop('shutting_down');
  finish('just in time');
  expect(await ended).toEqual({ state: 'succeeded', result: 'just in time' });
});

it('hands out a context that can be taken apart', async () => {
  const { run, worker } = someRun(
    task(async ({ output, progress, log, job, signal }) => {
      progress(1);
      log.warn('look');
      await output('a', 'text/plain', Buffer.from('a'));
      return [job.attempt, signal.aborted];
    }),
  );
  expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: [1, false] });
  expect(worker.logged).toEqual([{ level: 'warn', message: 'look' }]);
  expect(run.outputs?.descriptions).toHaveLength(1);
});
