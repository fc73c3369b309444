import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

const { api, startWorker } = sharedStack();
let worker: ServiceProcess;

beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL('./tasks/pause-me.mjs', import.meta.url)));
});
afterAll(() => worker?.stop());

it('a paused task keeps its jobs waiting, whoever sent them, until it is resumed', async () => {
  expect((await api.call('POST', '/v1/queues/pause.me/pause')).status).toBe(200);
  // The worker hears of it a moment later.
  expect(await worker.logged('paused')).toMatchObject({ task: 'pause.me' });
  const { id: waiting } = await api.submit({ task: 'pause.me', input: 'patient' });
  const untilShown = (queue: object) =>
    api.until('/v1/queues', {
      queues: expect.arrayContaining([expect.objectContaining({ task: 'pause.me', ...queue })]),
    });
  await untilShown({ paused: true, ready: 1 });
  await api.untilJob(waiting, { state: 'queued', attempts: [] });
  // Others go on.
  const other = await api.submit({ task: 'debug.sleep', input: { ms: 1 } }, { prefer: 'wait=80' });
  expect(other.state).toBe('succeeded');
  await api.call('POST', '/v1/queues/pause.me/resume');
  await api.untilJob(waiting, { state: 'succeeded' });
  await untilShown({ paused: false, ready: 0 });
});
