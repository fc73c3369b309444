import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceProcess } from '../support/service-process.ts';
import { sharedStack } from '../support/shared-stack.ts';

interface Place {
  readonly pid: number;
  readonly isMainThread: boolean;
}

const { api, startWorker } = sharedStack();
let worker: ServiceProcess;

beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL('./tasks/pool-tasks.mjs', import.meta.url)));
});
afterAll(() => worker?.stop());

const submit = async (pool: string, how: string, more: object = {}) =>
  (await api.submit({ task: `pooled.${pool}`, input: { how }, ...more })).id;
const placeOf = async (pool: string) => (await api.ended(await submit(pool, 'tell'))).result as Place;

it('a task runs where it says: on the event loop, in a thread, or in a process of its own', async () => {
  const { pid } = worker;
  expect(await placeOf('event-loop')).toEqual({ pid, isMainThread: true });
  expect(await placeOf('thread')).toEqual({ pid, isMainThread: false });
  const inProcess = await placeOf('process');
  expect(inProcess.isMainThread).toBe(true);
  expect(inProcess.pid).not.toBe(pid);
});

describe.each(['thread', 'process'])('a job that hears nothing, in a %s,', (pool) => {
  it('is ended when somebody cancels it, and the next one runs', async () => {
    const id = await submit(pool, 'deaf');
    await api.untilJob(id, { state: 'running' });
    await api.call('DELETE', `/v1/jobs/${id}?reason=enough`);
    await api.untilJob(id, { state: 'cancelled', error: { message: 'enough' } });
    await placeOf(pool);
  });

  it('is ended when its time is up, and the next one runs', async () => {
    const id = await submit(pool, 'deaf', { timeout: 300 });
    expect(await api.ended(id)).toMatchObject({ state: 'dead', error: { code: 'timed_out' } });
    await placeOf(pool);
  });
});

it('a job that ends its process takes nothing else with it', async () => {
  const id = await submit('process', 'exit');
  expect(await api.ended(id)).toMatchObject({ state: 'dead', error: { code: 'crashed' } });
  await placeOf('process');
  expect(await placeOf('event-loop')).toMatchObject({ pid: worker.pid });
});
