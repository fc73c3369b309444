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
    await api.untilJob(id, { state: 'retrying' });
    const job = await api.ended(id);
    expect(job).toMatchObject({ state: 'dead', error: { code: 'closed', message: 'not today' } });
    expect(job.attempts.map(({ number, error }) => [number, error?.code])).toEqual([
      [1, 'closed'],
      [2, 'closed'],
      [3, 'closed'],
    ]);
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

describe('a job with a time to live', () => {
  it('expires if it rests for longer, and is not tried again', async () => {
    const retry = { attempts: 2, delay: 2_000, jitter: 0 };
    const { id } = await api.submit({ task: 'debug.fail', input: { message: 'no' }, ttl: '1s', retry });
    const job = await api.ended(id);
    expect(job).toMatchObject({ state: 'expired', error: { code: 'expired' } });
    expect(job.attempts[0]).toMatchObject({ number: 1, error: { code: 'task_failed' } });
  });
});
