import { type ScheduleRecord, scheduleViewSchema } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
let kept: Map<string, ScheduleRecord>;
beforeEach(async () => {
  gateway = await startScriptedGateway();
  kept = new Map();
  gateway.answers['put-schedule'] = ({ schedule }) => {
    const { lastTickAt, lastJob, createdAt } = kept.get(schedule.id) ?? schedule;
    const put = { ...schedule, lastTickAt, lastJob, createdAt };
    kept.set(schedule.id, put);
    return put;
  };
  gateway.answers.schedules = () => ({ schedules: [...kept.values()] });
  gateway.answers['delete-schedule'] = ({ id }) => {
    kept.delete(id);
    return { id };
  };
});
afterEach(() => gateway.drain(500));

type Json = Record<string, unknown>;

const send = (method: string, path = '', body?: Json, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/v1/schedules${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
  });
const read = async (response: Response) => ({
  status: response.status,
  body: (await response.json()) as Json,
});

const nightly = { id: 'nightly', task: 'math.sum', input: { numbers: [1] }, cron: '0 3 * * *' };

describe('a schedule', () => {
  it('is made, shown with its next run, changed by posting it again, and deleted', async () => {
    const made = await send('POST', '', { ...nightly, timeZone: 'Europe/Berlin' });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/v1/schedules/nightly']);
    const { body } = await read(await send('GET', '/nightly'));
    expect(body).toMatchObject({ id: 'nightly', cron: '0 3 * * *', missed: 'skip', paused: false });
    expect(Date.parse(body['nextRunAt'] as string)).toBeGreaterThan(Date.now());
    expect(scheduleViewSchema.safeParse(body).error).toBeUndefined();

    kept.set('nightly', { ...(kept.get('nightly') as ScheduleRecord), createdAt: 0 });
    const { cron: _, ...rest } = nightly;
    const again = await read(await send('POST', '', { ...rest, every: '1h' }));
    expect(again).toMatchObject({ status: 200, body: { cron: null, every: 3_600_000 } });
    expect((await read(await send('GET'))).body).toEqual({ schedules: [again.body] });

    expect(await read(await send('DELETE', '/nightly'))).toEqual({ status: 200, body: { id: 'nightly' } });
    expect(await problemOf(await send('DELETE', '/nightly'))).toMatchObject({ code: 'schedule_not_found' });
  });

  it('gets an id when it brings none', async () => {
    const { id: _, ...rest } = nightly;
    const [one, other] = [await send('POST', '', rest), await send('POST', '', rest)];
    expect([one.status, other.status, kept.size]).toEqual([201, 201, 2]);
  });

  it('is paused and changed in part', async () => {
    await send('POST', '', nightly);
    const paused = await read(await send('POST', '/nightly', { paused: true }));
    expect(paused).toMatchObject({ status: 200, body: { paused: true, nextRunAt: null, cron: '0 3 * * *' } });
    const changed = await read(await send('POST', '/nightly', { every: '5m', options: { ttl: '1m' } }));
    expect(changed.body).toMatchObject({
      paused: true,
      cron: null,
      every: 300_000,
      options: { ttl: 60_000 },
    });
    await send('POST', '/nightly', { paused: false, cron: '* * * * *' });
    expect(kept.get('nightly')).toMatchObject({ paused: false, everyMs: null, options: { ttl: 60_000 } });
    expect(await problemOf(await send('POST', '/other', { paused: true }))).toMatchObject({ status: 404 });
  });

  it.each([
    ['invalid_request', { cron: 'hello' }],
    ['invalid_request', { timeZone: 'Mars/Base' }],
    ['invalid_request', { every: '1h' }],
    ['invalid_request', { id: 'No Spaces' }],
    ['invalid_request', { options: { delay: '1s' } }],
    ['invalid_input', { input: { numbers: 'one' } }],
    ['unknown_task', { task: 'no.such' }],
    ['invalid_request', { task: 'image.thumbnail', input: {} }],
  ])('is refused with %s: %j', async (code, change) => {
    expect(await problemOf(await send('POST', '', { ...nightly, ...change }))).toMatchObject({ code });
    expect(kept.size).toBe(0);
  });

  it('makes a job at once when told to', async () => {
    await send('POST', '', { ...nightly, paused: true, options: { priority: 8, retry: { attempts: 3 } } });
    const run = await read(await send('POST', '/nightly/run'));
    expect(run).toEqual({
      status: 202,
      body: { id: gateway.submitted[0]?.id, task: 'math.sum', state: 'queued' },
    });
    expect(gateway.submitted).toMatchObject([
      { task: 'math.sum', input: { numbers: [1] }, priority: 8, retry: { attempts: 3 } },
    ]);
    expect(await problemOf(await send('POST', '/other/run'))).toMatchObject({ code: 'schedule_not_found' });
  });
});
