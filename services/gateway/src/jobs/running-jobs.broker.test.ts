import { jobViewSchema } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtFile } from '../../../../test/support/built-file.ts';
import { HttpApi, type Json } from '../../../../test/support/http-api.ts';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';
import { openGate } from '../../../../test/support/tasks/gates.ts';
import { openSse } from '../../test/read-sse.ts';
import { problemOf } from '../../test/send-requests.ts';

const tasks = builtFile(new URL('../../../../test/support/tasks/telling-tasks.ts', import.meta.url));

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker(tasks);
});
afterAll(() => stack.stop());

const api = new HttpApi(() => gateway.url);
const get = (path: string) => api.get(path);

const submit = async (job: Json): Promise<string> => (await api.submit(job)).id;

it('shows how far a job is, in its state and as an event, at its newest only', async () => {
  const path = `/v1/jobs/${await submit({ task: 'test.steps', input: { begin: 'told', end: 'ended' } })}`;
  const events = await openSse(`${gateway.url}${path}/events`);
  openGate('told');
  const told = (await events.until('progress')).data;
  expect(told).toMatchObject({ fraction: 0.4, note: 'resizing' });
  await expect
    .poll(() => get(path))
    .toMatchObject({ state: 'running', progress: { fraction: 0.4, note: 'resizing' } });
  openGate('ended');
  expect((await events.rest()).map(({ event }) => event)).toEqual(['succeeded']);
  await expect.poll(() => get(path)).toMatchObject({ state: 'succeeded', result: 'resized' });
});

it('keeps results for the time that the task or the job says; then the job says so, and its outputs are gone', async () => {
  const [short, long] = await Promise.all([
    submit({ task: 'test.fleeting', input: 'short' }),
    submit({ task: 'test.fleeting', input: 'long', resultTtl: '1h' }),
  ]);
  const output = (id: string) => fetch(`${gateway.url}/v1/jobs/${id}/outputs/note.txt`);
  await expect.poll(() => get(`/v1/jobs/${long}`)).toMatchObject({ state: 'succeeded', result: 'long' });
  await expect
    .poll(() => get(`/v1/jobs/${short}`))
    .toMatchObject({ state: 'succeeded', result: null, outputs: [{ name: 'note.txt' }] });

  const gone = jobViewSchema.parse(await get(`/v1/jobs/${short}`));
  expect(Date.parse(gone.resultExpiresAt ?? '')).toBe(Date.parse(gone.endedAt ?? '') + 1_000);
  expect(await problemOf(await output(short))).toMatchObject({ status: 410, code: 'result_expired' });

  const kept = jobViewSchema.parse(await get(`/v1/jobs/${long}`));
  expect(Date.parse(kept.resultExpiresAt ?? '')).toBe(Date.parse(kept.endedAt ?? '') + 3_600_000);
  expect(await (await output(long)).text()).toBe('soon gone');
});
