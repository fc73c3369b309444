import { fileURLToPath } from 'node:url';
import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

const LOW = 120;
const { api, startWorker } = sharedStack();
let worker: ServiceProcess;

beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL('./tasks/few-at-once.mjs', import.meta.url)));
});
afterAll(() => worker?.stop());

it('a job of high priority is the next to run after those already running, however many wait', async () => {
  const low = { task: 'few.at-once', input: { ms: 100 }, priority: 1, tags: ['low'] };
  await Promise.all(Array.from({ length: LOW }, () => api.submit(low)));
  const high = await api.submit(
    { task: 'few.at-once', input: { ms: 1 }, priority: 9 },
    { prefer: 'wait=60' },
  );
  expect(high.state).toBe('succeeded');

  const { jobs } = await api.get<{ jobs: JobView[] }>('/v1/jobs?tag=low&limit=200');
  const startOf = (job: JobView) => Date.parse(job.startedAt ?? '9999-01-01T00:00:00Z');
  const waiting = jobs.filter((job) => startOf(job) > Date.parse(high.acceptedAt) + 50);
  const overtaken = waiting.filter((job) => startOf(job) < startOf(high));
  expect(waiting.length).toBeGreaterThan(0);
  expect(overtaken).toEqual([]);
});
