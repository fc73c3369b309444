import { fileURLToPath } from 'node:url';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

const LOW = 60;
const AT_ONCE = 4;
const { api, startWorker } = sharedStack();
let worker: ServiceProcess;

beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL('./tasks/few-at-once.mjs', import.meta.url)));
});
afterAll(() => worker?.stop());

const list = async (query: string) =>
  (await api.get<{ jobs: JobView[] }>(`/v1/jobs?tag=low&limit=200${query}`)).jobs;
const cancel = (job: JobView | undefined) => api.call('DELETE', `/v1/jobs/${job?.id}`);

it('a job of high priority is the next to run after those already running, however many wait', async () => {
  const low = { task: 'few.at-once', input: { ms: 600_000 }, priority: 1, tags: ['low'] };
  const waiting = await Promise.all(Array.from({ length: LOW }, () => api.submit(low)));
  const running = await vi.waitFor(
    async () => {
      const jobs = await list('&state=running');
      expect(jobs).toHaveLength(AT_ONCE);
      return jobs;
    },
    { timeout: 60_000, interval: 50 },
  );
  const { id } = await api.submit({ task: 'few.at-once', input: { ms: 50 }, priority: 9 });
  // There is room for one.
  await cancel(running[0]);
  const high = await api.untilJob(id, { state: 'succeeded' });

  const before = (await list('')).filter(({ startedAt }) => startedAt && startedAt <= (high.startedAt ?? ''));
  expect(before.map((job) => job.id).toSorted()).toEqual(running.map((job) => job.id).toSorted());
  // Nothing is left behind.
  await Promise.all(waiting.map(cancel));
});
