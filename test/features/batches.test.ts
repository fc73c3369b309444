import { expect, test } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();

interface Batch {
  readonly state: string;
  readonly counts: object;
}

async function submit(body: object): Promise<string> {
  const answer = await api.call<{ id: string }>('POST', '/v1/batches', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.id;
}
const until = (id: string, expected: object) => api.until<Batch>(`/v1/batches/${id}`, expected);

test('a reduce job begins when all others have ended, and its result is that of the batch', async () => {
  const id = await submit({
    task: 'debug.sleep',
    inputs: [{ ms: 300 }, { ms: 10 }, { ms: 100 }],
    reduce: { task: 'debug.echo', input: { how: 'sum' } },
  });
  const batch = await until(id, { state: 'succeeded' });
  expect(batch).toMatchObject({ result: { how: 'sum', batch: id }, counts: { succeeded: 3 } });
});

test('its progress is told live, to its end', async () => {
  const id = await submit({ task: 'debug.sleep', inputs: Array.from({ length: 20 }, () => ({ ms: 50 })) });
  // The stream ends with the batch.
  const told = (await (await fetch(`${api.url}/v1/batches/${id}/events`)).text())
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map(
      (line) => JSON.parse(line.slice('data: '.length)) as { state: string; counts: { succeeded: number } },
    );
  const counts = told.map(({ counts: { succeeded } }) => succeeded);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(told.at(-1)).toMatchObject({ state: 'succeeded', counts: { succeeded: 20 } });
});

test('a job that fails lets the others go on, or stops them, as the batch says', async () => {
  const failing = { task: 'debug.fail', inputs: Array.from({ length: 4 }, () => ({ message: 'no' })) };
  const collected = await submit(failing);
  await until(collected, { state: 'failed', counts: { failed: 4 } });
  const stopped = await submit({ ...failing, onFailure: 'stop', reduce: { task: 'debug.echo' } });
  await until(stopped, { state: 'failed', reduceJob: null });
});

test('a batch is cancelled whole, jobs that are still to be made included', async () => {
  const sleepers = Array.from({ length: 400 }, () => ({ ms: 60_000 }));
  const id = await submit({ task: 'debug.sleep', inputs: sleepers, tags: ['sleepers'] });
  const running = '/v1/jobs?tag=sleepers&state=running';
  await api.until(running, { jobs: expect.arrayContaining([expect.objectContaining({ batch: id })]) });
  expect((await api.call('DELETE', `/v1/batches/${id}`)).body).toMatchObject({ state: 'cancelled' });
  await api.until(running, { jobs: [] });
  await until(id, { state: 'cancelled' });
});
