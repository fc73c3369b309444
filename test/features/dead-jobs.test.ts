import type { JobView } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();

describe('a dead job', () => {
  it('is grouped, goes again under its id with another input, and keeps its history', async () => {
    const { id } = await api.submit({ task: 'debug.sleep', input: { ms: 60_000 }, timeout: 100 });
    await api.untilJob(id, { state: 'dead', error: { code: 'timed_out' } });
    const group = expect.objectContaining({
      task: 'debug.sleep',
      error: 'timed_out',
      count: expect.any(Number),
      newest: expect.any(String),
    });
    expect(await api.get('/v1/dead')).toMatchObject({ groups: expect.arrayContaining([group]) });
    const replay = await api.call('POST', '/v1/dead/replay', { ids: [id], input: { ms: 1 } });
    expect(replay.body).toMatchObject({ replayed: 1, left: 0 });
    const job = await api.untilJob(id, { state: 'succeeded', input: { ms: 1 }, error: null });
    expect(job.attempts).toHaveLength(2);
  });

  it('goes again with its group, so many at a time as are asked for; what is dropped is gone', async () => {
    const code = `dead_${Date.now()}`;
    const job = { task: 'debug.fail', input: { message: 'no', code }, retry: { attempts: 2, delay: 1 } };
    const ids = await Promise.all(Array.from({ length: 3 }, async () => (await api.submit(job)).id));
    const generations = async () =>
      (await Promise.all(ids.map((id) => api.ended(id))))
        .map(({ attempts }) => attempts.length / 2)
        .toSorted((a, b) => a - b);
    await expect.poll(generations, { timeout: 60_000 }).toEqual([1, 1, 1]);
    const replay = { task: 'debug.fail', error: code, limit: 2 };
    expect((await api.call('POST', '/v1/dead/replay', replay)).body).toMatchObject({ replayed: 2, left: 1 });
    await expect.poll(generations, { timeout: 60_000 }).toEqual([1, 2, 2]);
    const dropped = await api.call('DELETE', `/v1/dead?task=debug.fail&error=${code}`);
    expect(dropped.body).toEqual({ dropped: 3, left: 0 });
    // Of a job as young as this, one of several recorders does not say at once that there never was any.
    await expect
      .poll(async () => (await api.call('GET', `/v1/jobs/${ids[0]}`)).status, { timeout: 60_000 })
      .toBe(404);
  });

  it('that took bytes goes again with them', async () => {
    const response = await fetch(`${api.url}/v1/thumbnails?sizes=32`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: 'this is no picture',
    });
    const { id } = (await response.json()) as JobView;
    const first = await api.untilJob(id, { state: 'failed', outputs: [] });
    const replay = await api.call('POST', '/v1/dead/replay', { ids: [id], include: 'failed' });
    expect(replay.body).toMatchObject({ replayed: 1 });
    const again = { error: { code: first.attempts[0]?.error?.code } };
    await api.untilJob(id, { state: 'failed', outputs: [], attempts: [again, again] });
  });
});
