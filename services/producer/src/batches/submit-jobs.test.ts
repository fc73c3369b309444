import type { NewJob } from '@heddle/client';
import { HeddleError, type JobEvent } from '@heddle/contracts';
import { expect, test } from 'vitest';
import { submitJobs } from './submit-jobs.ts';

const jobs: NewJob[] = Array.from({ length: 250 }, (_, index) => ({
  id: `j${index}`,
  task: 'debug.echo',
  input: index,
}));
const never = new AbortController().signal;

function ports(submit: (job: NewJob) => Promise<{ id: string }>) {
  const events: JobEvent[] = [];
  return {
    submitter: { submit, refuse: () => Promise.resolve() },
    events: { add: async (event: JobEvent) => void events.push(event) },
    told: events,
  };
}

test('never more than a chunk is in flight', async () => {
  let inFlight = 0;
  let most = 0;
  const submitted: (string | undefined)[] = [];
  const submit = async ({ id }: NewJob) => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    submitted.push(id);
    return { id: id ?? '' };
  };
  await submitJobs(ports(submit), jobs, never);
  expect(submitted).toEqual(jobs.map(({ id }) => id));
  expect(most).toBe(100);
});

test('a job that can never be sent ends as failed, and the others go on', async () => {
  const all = ports(async ({ id }) => {
    if (id === 'j1') throw new HeddleError('message_too_large', 'too large');
    if (id === 'j2') throw new HeddleError('unknown_task', 'no queue');
    return { id: id ?? '' };
  });
  await submitJobs(all, jobs.slice(0, 4), never);
  expect(all.told).toMatchObject([{ type: 'failed', job: 'j1', error: { code: 'message_too_large' } }]);
});

test('what may pass is thrown, so that the whole is tried again', async () => {
  const all = ports(() => Promise.reject(new HeddleError('broker_unavailable', 'away')));
  await expect(submitJobs(all, jobs, never)).rejects.toMatchObject({ code: 'broker_unavailable' });
});

test('nothing more is begun while draining', async () => {
  const submitted: unknown[] = [];
  const all = ports(async ({ id }) => (submitted.push(id), { id: id ?? '' }));
  await expect(submitJobs(all, jobs, AbortSignal.abort())).rejects.toThrow();
  expect(submitted).toEqual([]);
});
