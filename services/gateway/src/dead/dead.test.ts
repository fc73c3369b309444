import type { JobRecord, RecorderRequest } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
let asked: RecorderRequest[];
beforeEach(async () => {
  gateway = await startScriptedGateway();
  asked = [];
  gateway.answers.replay = (request) => {
    asked.push(request);
    return { replayed: 1, skipped: [], left: 2 };
  };
  gateway.answers['drop-dead'] = (request) => {
    asked.push(request);
    return { dropped: 1, left: 0 };
  };
});
afterEach(() => gateway.drain(500));

const send = (method: string, path: string, body?: unknown) =>
  fetch(`${gateway.url}/v1/dead${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });

describe('GET /v1/dead', () => {
  it('gives the groups', async () => {
    const groups = [{ task: 'a.b', error: 'x', day: '2026-11-21', count: 3, newest: 'abc' }];
    gateway.answers['dead-groups'] = (request) => {
      asked.push(request);
      return { groups };
    };
    expect(await (await send('GET', '')).json()).toEqual({ groups });
    await send('GET', '?include=failed');
    expect(asked).toEqual([{ op: 'dead-groups' }, { op: 'dead-groups', include: 'failed' }]);
  });

  it('gives the jobs of a group, the failed ones after the dead ones, page by page', async () => {
    const pages: Record<string, { ids: string[]; next: string | null }> = {
      dead: { ids: ['d1'], next: 'more' },
      'dead more': { ids: [], next: null },
      failed: { ids: ['f1'], next: 'last' },
      'failed last': { ids: ['f2'], next: null },
    };
    gateway.answers.jobs = ({ filter, cursor }) => {
      const { ids, next } = pages[[filter.state, cursor].filter(Boolean).join(' ')] ?? {
        ids: [],
        next: null,
      };
      return { jobs: ids.map((id) => dead(id)), next };
    };
    const seen: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const response = await send('GET', `?task=a.b&include=failed${query}`);
      const { jobs, next } = (await response.json()) as { jobs: { id: string }[]; next: string | null };
      seen.push(jobs.map(({ id }) => id));
      cursor = next;
    }
    expect(seen).toEqual([['d1'], ['f1'], ['f2']]);
    expect(await problemOf(await send('GET', '?task=a.b&cursor=failed.x'))).toMatchObject({
      code: 'invalid_cursor',
    });
  });

  it('looks through the pages for those that died on a day', async () => {
    const day = Date.parse('2026-11-21');
    gateway.answers.jobs = ({ filter, cursor }) => {
      expect(filter).toEqual({ error: 'x', state: 'dead', until: day + 86_400_000 });
      return cursor === undefined
        ? { jobs: [dead('late', day + 86_400_000)], next: 'more' }
        : { jobs: [dead('first', day), dead('early', day - 1)], next: null };
    };
    const { jobs, next } = (await (await send('GET', '?error=x&day=2026-11-21')).json()) as {
      jobs: { id: string }[];
      next: string | null;
    };
    expect([jobs.map(({ id }) => id), next]).toEqual([['first'], null]);
  });
});

describe('POST /v1/dead/replay', () => {
  it('sends a group again, so many at a time', async () => {
    const response = await send('POST', '/replay', { task: 'math.sum', error: 'timed_out', limit: 1 });
    expect([response.status, await response.json()]).toEqual([200, { replayed: 1, skipped: [], left: 2 }]);
    expect(asked).toEqual([{ op: 'replay', select: { task: 'math.sum', error: 'timed_out' }, limit: 1 }]);
  });

  it('checks an edited input against the schema of its task', async () => {
    gateway.answers.job = () => ({ id: 'abc', task: 'math.sum' });
    const bad = await send('POST', '/replay', { ids: ['abc'], input: { numbers: ['one'] } });
    expect(await problemOf(bad)).toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'input.numbers.0' }],
    });
    const good = await send('POST', '/replay', { ids: ['abc'], input: { numbers: [1] } });
    expect(good.status).toBe(200);
    expect(asked).toMatchObject([{ select: { ids: ['abc'] }, input: { numbers: [1] } }]);
  });

  it('says with 409 that the one job asked for cannot go again', async () => {
    gateway.answers.replay = () => ({ replayed: 0, skipped: [{ id: 'abc', reason: 'it runs' }], left: 0 });
    expect(await problemOf(await send('POST', '/replay', { ids: ['abc'] }))).toMatchObject({
      status: 409,
      code: 'not_replayable',
      detail: 'job abc: it runs',
    });
    expect((await send('POST', '/replay', { ids: ['abc', 'def'] })).status).toBe(200);
  });

  it.each([
    {},
    { include: 'failed' },
    { all: false },
    { ids: [] },
    { task: 'a.b', limit: 0 },
    { ids: ['a', 'b'], input: 1 },
    { task: 'a.b', input: 1 },
    { day: 'today' },
    { tasks: ['a.b'] },
  ])('refuses %j', async (body) => {
    expect(await problemOf(await send('POST', '/replay', body))).toMatchObject({ status: 422 });
    expect(asked).toEqual([]);
  });
});

describe('DELETE /v1/dead', () => {
  it('takes the selection from the body or the query', async () => {
    await send('DELETE', '', { all: true, include: 'failed', limit: 5 });
    await send('DELETE', '?task=a.b&day=2026-11-21&limit=7');
    await send('DELETE', '?id=one&id=two');
    await send('DELETE', '?all=true');
    expect(asked).toEqual([
      { op: 'drop-dead', select: { include: 'failed' }, limit: 5 },
      { op: 'drop-dead', select: { task: 'a.b', day: '2026-11-21' }, limit: 7 },
      { op: 'drop-dead', select: { ids: ['one', 'two'] }, limit: 1_000 },
      { op: 'drop-dead', select: {}, limit: 1_000 },
    ]);
  });

  it('refuses to drop everything unless told so', async () => {
    for (const response of [
      await send('DELETE', ''),
      await send('DELETE', '?limit=3'),
      await send('DELETE', '', {}),
    ])
      expect(await problemOf(response)).toMatchObject({
        status: 422,
        detail: expect.stringContaining('all'),
      });
    expect(asked).toEqual([]);
  });
});

function dead(id: string, endedAt = 0): JobRecord {
  return {
    id,
    task: 'a.b',
    state: 'dead',
    priority: 4,
    generation: 0,
    tags: [],
    attempts: [],
    progress: null,
    input: 1,
    body: null,
    timeoutMs: null,
    batch: null,
    result: null,
    error: { code: 'x', message: 'y' },
    outputs: [],
    acceptedAt: 0,
    dueAt: null,
    startedAt: null,
    endedAt,
    updatedAt: 0,
  };
}
