import { describe, expect, it } from 'vitest';
import { someRun } from '../../test/some-run.ts';
import { eventLoopPool } from '../pools/run-on-event-loop.ts';
import { debugCrash } from './debug-crash.ts';
import { debugEcho } from './debug-echo.ts';
import { debugFail } from './debug-fail.ts';
import { debugSleep } from './debug-sleep.ts';
import { debugSum } from './debug-sum.ts';

describe('debug.echo', () => {
  it.each([[null], [1], ['text'], [[1, [2]]], [{ a: { b: true } }]])('gives %j back', async (input) => {
    const { run } = someRun(debugEcho, { job: { input } });
    expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: input });
  });
});

describe('debug.sleep', () => {
  it('waits and says for how long', async () => {
    const { run } = someRun(debugSleep, { job: { input: { ms: 5 } } });
    expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: { slept: 5 } });
  });

  it('wakes when it is told to end', async () => {
    const { run } = someRun(debugSleep, { job: { input: { ms: 60_000 } } });
    const ended = eventLoopPool.run(run);
    run.stop('shutting_down');
    expect(await ended).toMatchObject({ state: 'failed' });
  });

  it('sleeps no negative times', () => {
    expect(debugSleep.input.safeParse({ ms: -1 }).success).toBe(false);
  });
});

describe('debug.sum', () => {
  it('adds up a range', async () => {
    const { run } = someRun(debugSum, { job: { input: { from: 1, to: 101 } } });
    expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: { sum: 5_050, count: 100 } });
  });

  it('adds up what the jobs of its batch gave, and passes over those that gave nothing', async () => {
    const { run, worker } = someRun(debugSum, { job: { input: { batch: 'b1' }, batch: { id: 'b1' } } });
    const pages = [[1, { sum: 10, count: 4 }, undefined, 'text'], []];
    worker.answer = () =>
      Promise.resolve({ results: pages.shift()?.map((result, index) => ({ index, result })) });
    expect(await eventLoopPool.run(run)).toEqual({ state: 'succeeded', result: { sum: 11, count: 2 } });
  });
});

describe('debug.fail', () => {
  it('fails with the message and code asked for', () => {
    const { run } = someRun(debugFail, { job: { input: { message: 'no', code: 'my_code' } } });
    expect(eventLoopPool.run(run)).toMatchObject({
      state: 'failed',
      error: { code: 'my_code', message: 'no' },
    });
  });
});

describe('debug.crash', () => {
  it('runs where it takes down nothing but itself', () => {
    expect(debugCrash.pool).toBe('process');
    expect(debugCrash.input.safeParse({ how: 'politely' }).success).toBe(false);
  });
});
