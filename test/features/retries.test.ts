import { describe, expect, it } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();

describe('a job that fails', () => {
  it('rests, is tried again, and is dead in the end, with every attempt and its error to be seen', async () => {
    const { id } = await api.submit({
      task: 'debug.fail',
      input: { message: 'not today', code: 'closed' },
      retry: { attempts: 3, delay: 400, backoff: 'fixed', jitter: 0 },
    });
    const job = await api.ended(id);
    expect(job).toMatchObject({ state: 'dead', error: { code: 'closed', message: 'not today' } });
    expect(job.attempts.map(({ number, error }) => [number, error?.code])).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'closed'],
    ]);
    // The nearest rung of the delay ladder is off by 100 ms at most.
    const [first, second, third] = job.attempts.map(({ startedAt, endedAt }) => ({
      began: Date.parse(startedAt ?? ''),
      ended: Date.parse(endedAt ?? ''),
    }));
    expect((second?.began ?? 0) - (first?.ended ?? 0)).toBeGreaterThanOrEqual(300);
    expect((third?.began ?? 0) - (second?.ended ?? 0)).toBeGreaterThanOrEqual(300);
  });

  it('is not tried again when it says that this would not help, or when it has but one attempt', async () => {
    const refused = { message: 'never', retryable: false };
    const retry = { attempts: 3, delay: 100 };
    const jobs = [
      await api.submit({ task: 'debug.fail', input: refused, retry }),
      await api.submit({ task: 'debug.fail', input: { message: 'never' } }),
    ];
    for (const job of await Promise.all(jobs.map(({ id }) => api.ended(id)))) {
      expect(job.state).toBe('failed');
      expect(job.attempts).toHaveLength(1);
    }
  });
});

describe('a retry', () => {
  const attempts = 3;
  const fail = (code: string, more: object = {}) => ({
    task: 'debug.fail',
    input: { message: 'no', code, ...more },
    retry: { attempts, delay: 100, codes: { not_found: { attempts: 1 }, busy: { attempts: 2, delay: 200 } } },
  });

  it('is as the code of the error has it', async () => {
    const jobs = ['not_found', 'busy', 'other'].map(async (code) =>
      api.ended((await api.submit(fail(code))).id),
    );
    const ends = (await Promise.all(jobs)).map((job) => [job.state, job.attempts.length]);
    expect(ends).toEqual([
      ['failed', 1],
      ['dead', 2],
      ['dead', attempts],
    ]);
  });

  it('comes when the error says, whatever the policy says', async () => {
    const { id } = await api.submit(fail('other', { retryAfterMs: 3_600_000 }));
    const { dueAt } = await api.untilJob(id, { state: 'retrying', attempts: [{ error: { code: 'other' } }] });
    expect(Date.parse(dueAt ?? '') - Date.now()).toBeGreaterThan(3_000_000);
    await api.call('DELETE', `/v1/jobs/${id}`);
    await api.untilJob(id, { state: 'cancelled' });
  });
});

describe('a job with a time to live', () => {
  it('expires if it rests for longer, and is not tried again', async () => {
    // It must have run once within its time, also on a machine that stands still for a while.
    const retry = { attempts: 2, delay: 11_000, jitter: 0 };
    const { id } = await api.submit({ task: 'debug.fail', input: { message: 'no' }, ttl: '10s', retry });
    const job = await api.ended(id);
    expect(job).toMatchObject({ state: 'expired', error: { code: 'expired' } });
    expect(job.attempts[0]).toMatchObject({ number: 1, error: { code: 'task_failed' } });
  });
});
