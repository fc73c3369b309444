import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runLines, shellLines } from '../support/run-lines.ts';
import { SystemStack } from '../support/system-stack.ts';

const guide = fileURLToPath(new URL('../../docs/guide/', import.meta.url));
const samples = fileURLToPath(new URL('../../samples', import.meta.url));
const PRINTED_ADDRESS = 'http://127.0.0.1:8080';
const linesOf = (page: string) => shellLines(readFileSync(join(guide, page), 'utf8'));
const soon = { timeout: 30_000, interval: 200 };

describe("the guide's lines, as they stand there", () => {
  let stack: SystemStack;

  beforeAll(async () => {
    stack = await SystemStack.start({ tasks: 'debug.*,image.thumbnail', env: { HEDDLE_FOLDERS: samples } });
  });
  afterAll(() => stack?.stop());

  const get = (path: string): Promise<unknown> => stack.api.get(path);

  /** Runs a page; what each line printed, as JSON where it is. */
  async function run(page: string): Promise<unknown[]> {
    const outputs = await runLines(
      linesOf(page).map((line) => line.replaceAll(PRINTED_ADDRESS, stack.api.url)),
      stack.folder,
    );
    // A line that sets a variable prints nothing, and events are no JSON.
    return outputs
      .slice(0, -1)
      .map((output) => (output.startsWith('{') ? (JSON.parse(output) as unknown) : output));
  }

  async function expectState(job: unknown, state: string): Promise<void> {
    const { id } = job as { id: string };
    await vi.waitFor(async () => expect(await get(`/v1/jobs/${id}`)).toMatchObject({ state }), soon);
  }

  test('are run by one of the tests here, page by page', () => {
    const pages = readdirSync(guide).filter((page) => linesOf(page).length > 0);
    expect(new Set(pages)).toEqual(
      new Set([
        'retries-and-delays.md',
        'keys.md',
        'cancel-and-pause.md',
        'dead-jobs.md',
        'batches.md',
        'gather.md',
        'files.md',
        'flow-control.md',
        'results.md',
        'schedules.md',
      ]),
    );
  });

  test('retry, delay and give a deadline', async () => {
    const [retried, later, past, timed] = await run('retries-and-delays.md');
    expect(retried).toMatchObject({ state: 'dead', error: { code: 'task_failed' } });
    expect((retried as { attempts: unknown[] }).attempts).toHaveLength(3);
    expect(later).toMatchObject({ state: 'delayed' });
    for (const job of [later, past, timed]) await expectState(job, 'succeeded');
  });

  test('make one job instead of two', async () => {
    const [once, first, second] = (await run('keys.md')) as { id: string }[];
    expect(second?.id).toBe(first?.id);
    await expectState(once, 'succeeded');
  });

  test('cancel a job, and pause a task', async () => {
    const [, cancelled, paused, list, resumed] = await run('cancel-and-pause.md');
    await expectState(cancelled, 'cancelled');
    expect(paused).toEqual({ task: 'debug.sleep', paused: true });
    expect(list).toMatchObject({ queues: expect.arrayContaining([]) });
    expect(resumed).toEqual({ task: 'debug.sleep', paused: false });
  });

  test('look at dead jobs and replay them', async () => {
    const [dead, groups, jobs, replayed] = await run('dead-jobs.md');
    expect(dead).toMatchObject({ state: 'dead' });
    const group = expect.objectContaining({ task: 'debug.fail', error: 'task_failed' });
    expect(groups).toMatchObject({ groups: expect.arrayContaining([group]) });
    expect((jobs as { jobs: unknown[] }).jobs.length).toBeGreaterThan(0);
    expect((replayed as { replayed: number }).replayed).toBeGreaterThan(0);
    await expectState(dead, 'dead');
  });

  test('run batches of a list, a range and lines', async () => {
    const [, listed, , ranged, , summed, lines] = await run('batches.md');
    for (const batch of [listed, ranged, lines]) {
      const path = `/v1/batches/${(batch as { id: string }).id}`;
      await vi.waitFor(async () => expect(await get(path)).toMatchObject({ state: 'succeeded' }), soon);
    }
    expect(String(summed)).toMatch(/"state":"succeeded".*"result":\{"sum":499500,/);
    const { results } = (await get(`/v1/batches/${(listed as { id: string }).id}/results`)) as {
      results: { result: unknown }[];
    };
    expect(results.map(({ result }) => result)).toEqual(['a', 'b', 'c']);
  });

  test('make thumbnails of a folder', async () => {
    const [, progress, listed, results] = await run('files.md');
    expect(String(progress)).toMatch(/"state":"failed"[^]*"total":17,"succeeded":15,"failed":2/);
    expect(listed).toMatchObject({ state: 'failed', progress: 1, counts: { total: 17 } });
    expect((results as { results: unknown[] }).results).toContainEqual(
      expect.objectContaining({
        state: 'succeeded',
        result: { file: 'hills.jpg', thumbnails: [{}, {}, {}].map(() => expect.anything()) },
      }),
    );
  });

  test('gather what many jobs give', async () => {
    const [whole, partial] = await run('gather.md');
    expect(whole).toMatchObject({ complete: true, results: [{}, { result: { slept: 20 } }, {}] });
    expect(partial).toMatchObject({ complete: false, results: [{ result: 'a' }, { state: 'unfinished' }] });
  });

  test('look at queues, and say how long a result stays', async () => {
    const [queues] = await run('flow-control.md');
    expect(queues).toMatchObject({ queues: expect.arrayContaining([]) });
    const [job] = await run('results.md');
    expect(job).toMatchObject({ state: 'succeeded', resultExpiresAt: expect.any(String) });
  });

  test('make schedules, and run one now', async () => {
    const [nightly, beating, job, paused, list, deleted] = await run('schedules.md');
    expect(nightly).toMatchObject({
      id: 'nightly-report',
      cron: '30 2 * * *',
      nextRunAt: expect.any(String),
    });
    expect(beating).toMatchObject({ every: 1_000 });
    await expectState(job, 'succeeded');
    expect(paused).toMatchObject({ paused: true });
    expect((list as { schedules: unknown[] }).schedules).toHaveLength(2);
    expect(deleted).toEqual({ id: 'heartbeat' });
  });
});
