import type { Gathered } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InProcessService, InProcessStack } from '../../../../test/support/in-process-stack.ts';

let stack: InProcessStack;
let gateway: InProcessService;

beforeAll(async () => {
  stack = await InProcessStack.open();
  await stack.startRecorder();
  gateway = await stack.startGateway();
  await stack.startWorker('debug.echo,debug.sleep,debug.fail,image.thumbnail');
});
afterAll(() => stack.stop());

async function gather(body: unknown): Promise<{ status: number; body: Gathered & { errors?: object[] } }> {
  const response = await fetch(`${gateway.url}/v1/gather`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as never };
}

it('answers once, in the order of the inputs, whichever ends first', async () => {
  const inputs = Array.from({ length: 20 }, (_, place) => ({ ms: 100 - 5 * place }));
  const { status, body } = await gather({ task: 'debug.sleep', inputs, deadline: '60s' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ complete: true, succeeded: 20, unfinished: 0 });
  expect(body.results.map(({ result }) => result)).toEqual(inputs.map(({ ms }) => ({ slept: ms })));
});

it('takes jobs of several tasks, a thousand of them', async () => {
  const jobs = Array.from({ length: 1_000 }, (_, n) =>
    n % 2 ? { task: 'debug.sleep', input: { ms: 1 } } : { task: 'debug.echo', input: n },
  );
  const { body } = await gather({ jobs, deadline: '60s' });
  expect(body).toMatchObject({ complete: true, succeeded: 1_000 });
  expect(body.results[500]).toMatchObject({ state: 'succeeded', result: 500, error: null });
});

it('says what failed, and gives the rest', async () => {
  const jobs = [
    { task: 'debug.echo', input: 1 },
    { task: 'debug.fail', input: { message: 'no' } },
  ];
  const { body } = await gather({ jobs, deadline: '60s' });
  expect(body).toMatchObject({
    complete: false,
    succeeded: 1,
    results: [{ result: 1 }, { state: 'failed', error: { message: 'no' } }],
  });
});

it('answers at its deadline with what there is; what is late is stopped', async () => {
  const jobs = [
    { task: 'debug.sleep', input: { ms: 600_000 } },
    { task: 'debug.echo', input: 'here' },
  ];
  const before = performance.now();
  const { body } = await gather({ jobs, deadline: '5s' });
  // The job would take ten minutes.
  expect(performance.now() - before).toBeLessThan(60_000);
  expect(body).toMatchObject({
    complete: false,
    unfinished: 1,
    results: [{ state: 'unfinished', result: null }, { result: 'here' }],
  });
  const late = `${gateway.url}/v1/jobs/${body.results[0]?.id}`;
  await expect
    .poll(async () => (await fetch(late)).json())
    .toMatchObject({
      state: 'dead',
      error: { code: 'timed_out' },
    });
});

it('lets what is late finish if it shall', async () => {
  const { body } = await gather({
    task: 'debug.sleep',
    inputs: [{ ms: 800 }],
    deadline: 200,
    late: 'finish',
  });
  expect(body.results).toMatchObject([{ state: 'unfinished' }]);
  const late = `${gateway.url}/v1/jobs/${body.results[0]?.id}`;
  await expect.poll(async () => (await fetch(late)).json()).toMatchObject({ state: 'succeeded' });
});

it.each([
  [{ task: 'debug.sleep', inputs: [{ ms: 1 }, { ms: 'x' }] }, 422, 'inputs.1.ms'],
  [{ jobs: [{ task: 'debug.sleep', input: { ms: -1 } }] }, 422, 'jobs.0.input.ms'],
  [{ jobs: [{ task: 'debug.unheard-of', input: 1 }] }, 404, undefined],
  [{ jobs: [{ task: 'image.thumbnail', input: {} }] }, 422, undefined],
  [{ task: 'debug.echo', inputs: [] }, 422, 'inputs'],
  [{ task: 'debug.echo', inputs: [1], deadline: '2m' }, 422, 'deadline'],
  [{ task: 'debug.echo' }, 422, ''],
  [{ jobs: [{ task: 'debug.echo', input: 1 }], task: 'debug.echo', inputs: [1] }, 422, ''],
])('refuses %j before anything runs', async (asked, status, path) => {
  const answer = await gather(asked);
  expect(answer.status).toBe(status);
  if (path !== undefined) expect(answer.body.errors).toMatchObject([{ path }]);
});
