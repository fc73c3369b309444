import { defineTask } from '@heddle/client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { someRun } from '../../test/some-run.ts';
import { judgeRun } from './judge-run.ts';
import { failed } from './outcome.ts';

const plain = defineTask({ name: 'math.double', input: z.unknown(), timeout: 50, run: () => 1 });
const typed = defineTask({ name: 'math.double', input: z.unknown(), output: z.int(), run: () => 1 });
const succeeded = { state: 'succeeded', result: 2 } as const;

describe('judgeRun', () => {
  it('leaves a run that ended by itself as it is', () => {
    const { run } = someRun(plain);
    expect(judgeRun(run, succeeded)).toBe(succeeded);
    expect(judgeRun(run, failed(new Error('no')))).toMatchObject({ state: 'failed' });
  });

  it('calls a run dead whose time was up, whatever came of it', () => {
    const { run } = someRun(plain);
    run.stop('timed_out');
    expect(judgeRun(run, succeeded)).toEqual({
      state: 'dead',
      error: { code: 'timed_out', message: 'ran longer than its 50 ms' },
    });
  });

  it('calls a run cancelled that was, whatever came of it', () => {
    const { run } = someRun(plain);
    run.stop('cancelled');
    const cancelled = { state: 'cancelled', error: { code: 'cancelled' } };
    expect(judgeRun(run, succeeded)).toMatchObject(cancelled);
    expect(judgeRun(run, failed(new Error('aborted')))).toMatchObject(cancelled);
  });

  it('hands a job back that did not make it before the shutdown', () => {
    const { run } = someRun(plain);
    run.stop('shutting_down');
    expect(judgeRun(run, failed(new Error('aborted')))).toEqual({ state: 'handed-back' });
    expect(judgeRun(run, succeeded)).toBe(succeeded);
  });

  it('holds a result to its schema', () => {
    const { run } = someRun(typed);
    expect(judgeRun(run, succeeded)).toEqual(succeeded);
    expect(judgeRun(run, { state: 'succeeded', result: 'two' })).toMatchObject({
      state: 'failed',
      error: { code: 'invalid_output' },
    });
  });
});
