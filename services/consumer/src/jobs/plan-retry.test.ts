import { defineTask } from '@heddle/client';
import { HeddleError, type RetryOptions } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { someRun } from '../../test/some-run.ts';
import { dead, failed, type Outcome } from './outcome.ts';
import { planRetry } from './plan-retry.ts';

const task = defineTask({
  name: 'math.double',
  input: z.unknown(),
  retry: { attempts: 3, backoff: 'fixed', delay: '2s', jitter: 0 },
  run: () => 1,
});
const once = defineTask({ name: 'math.double', input: z.unknown(), run: () => 1 });
const threw = (properties: object = {}) => failed(Object.assign(new Error('no'), properties));
const plan = (outcome: Outcome, job: { attempt?: number; retry?: RetryOptions } = {}, of = task) =>
  planRetry(someRun(of, { job }).run, outcome);

describe('planRetry', () => {
  it('lets a job rest as long as its policy says while attempts are left', () => {
    expect(plan(threw())).toMatchObject({ state: 'retrying', restMs: 2_000, error: { message: 'no' } });
    expect(plan(threw(), { attempt: 2 })).toMatchObject({ state: 'retrying' });
    expect(plan(dead('timed_out', 'late'))).toMatchObject({
      state: 'retrying',
      error: { code: 'timed_out' },
    });
  });

  it('calls it dead when they are used up', () => {
    expect(plan(threw(), { attempt: 3 })).toMatchObject({ state: 'dead', error: { code: 'task_failed' } });
    expect(plan(dead('crashed', 'gone'), { attempt: 3 })).toMatchObject({ state: 'dead' });
  });

  it('leaves the end of a job of one attempt as it is', () => {
    expect(plan(threw(), {}, once)).toMatchObject({ state: 'failed' });
    expect(plan(dead('crashed', 'gone'), {}, once)).toMatchObject({ state: 'dead' });
  });

  it("puts the job's own policy before the task's", () => {
    expect(plan(threw(), { retry: { attempts: 1 } })).toMatchObject({ state: 'failed' });
    expect(plan(threw(), { retry: { delay: 50 } })).toMatchObject({ state: 'retrying', restMs: 50 });
  });

  it('heeds an error that says whether and when', () => {
    expect(plan(threw({ retryable: false }))).toMatchObject({ state: 'failed' });
    expect(plan(threw({ retryAfterMs: 70_000 }))).toMatchObject({ state: 'retrying', restMs: 70_000 });
    expect(plan(threw({ retryAfterMs: -1 }))).toMatchObject({ restMs: 2_000 });
    expect(plan(failed(new HeddleError('image_corrupt', 'no')))).toMatchObject({ state: 'failed' });
    expect(plan(failed(new HeddleError('recorder_unavailable', 'no')))).toMatchObject({ state: 'retrying' });
  });

  it("puts what is said of the error's code before all else, the job's before the task's", () => {
    const codes = { closed: { attempts: 1 }, busy: { delay: 9_000 }, timed_out: { attempts: 1 } };
    const retry = { ...task.retry, codes };
    const picky = defineTask({ name: 'math.double', input: z.unknown(), retry, run: () => 1 });
    const threwCode = (code: string, job = {}) => plan(threw({ code }), job, picky);
    expect(threwCode('closed')).toMatchObject({ state: 'failed', error: { code: 'closed' } });
    expect(threwCode('closed', { retry: { attempts: 9 } })).toMatchObject({ state: 'failed' });
    expect(threwCode('closed', { retry: { codes: { closed: { attempts: 2 } } } })).toMatchObject({
      state: 'retrying',
      restMs: 2_000,
    });
    expect(threwCode('busy')).toMatchObject({ state: 'retrying', restMs: 9_000 });
    expect(threwCode('busy', { attempt: 3 })).toMatchObject({ state: 'dead' });
    expect(threwCode('other')).toMatchObject({ state: 'retrying', restMs: 2_000 });
    expect(threwCode('constructor')).toMatchObject({ state: 'retrying', restMs: 2_000 });
    expect(plan(dead('timed_out', 'late'), {}, picky)).toMatchObject({ state: 'dead' });
  });

  it('leaves what went well, or was handed back, alone', () => {
    const succeeded = { state: 'succeeded', result: 1 } as const;
    expect(plan(succeeded)).toBe(succeeded);
    expect(plan({ state: 'handed-back' })).toEqual({ state: 'handed-back' });
  });
});
