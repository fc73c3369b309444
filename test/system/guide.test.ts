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
const soon = { timeout: 90_000, interval: 200 };

describe("the guide's lines, as they stand there", () => {
  let stack: SystemStack;

  beforeAll(async () => {
    const tasks = 'debug.*,image.*,ledger.*,tickets.*';
    stack = await SystemStack.start({ tasks, env: { HEDDLE_FOLDERS: samples } });
  });
  afterAll(() => stack?.stop());

  const get = (path: string): Promise<unknown> => stack.api.get(path);

  /** Runs a page; what each line printed, as JSON where it is. */
  async function run(page: string): Promise<unknown[]> {
    const outputs = await runLines(
      linesOf(page).map((line) =>
        line.replaceAll(PRINTED_ADDRESS, stack.api.url).replaceAll('@samples/', `@${samples}/`),
      ),
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

  /** What the lines of each page must have done, by what they printed. */
  const checks: Readonly<Record<string, (printed: readonly unknown[]) => Promise<void> | void>> = {
    'predict.md': ([answer]) => {
      expect(answer).toMatchObject({ success: true, predictions: [{}, {}, {}] });
    },
    'retries-and-delays.md': async ([retried, byCode, later, past, timed]) => {
      expect(retried).toMatchObject({ state: 'dead', error: { code: 'task_failed' } });
      expect((retried as { attempts: unknown[] }).attempts).toHaveLength(3);
      expect(byCode).toMatchObject({ state: 'failed', attempts: [{ error: { code: 'not_found' } }] });
      expect(later).toMatchObject({ state: 'delayed' });
      for (const job of [later, past, timed]) await expectState(job, 'succeeded');
    },
    'keys.md': async ([once, first, second]) => {
      expect(second).toMatchObject({ id: (first as { id: string }).id });
      await expectState(once, 'succeeded');
    },
    'cancel-and-pause.md': async ([, cancelled, paused, list, resumed]) => {
      await expectState(cancelled, 'cancelled');
      expect(paused).toEqual({ task: 'debug.sleep', paused: true });
      expect(list).toMatchObject({ queues: expect.arrayContaining([]) });
      expect(resumed).toEqual({ task: 'debug.sleep', paused: false });
    },
    'dead-jobs.md': async ([dead, groups, jobs, replayed]) => {
      expect(dead).toMatchObject({ state: 'dead' });
      const group = expect.objectContaining({ task: 'debug.fail', error: 'task_failed' });
      expect(groups).toMatchObject({ groups: expect.arrayContaining([group]) });
      expect((jobs as { jobs: unknown[] }).jobs.length).toBeGreaterThan(0);
      expect((replayed as { replayed: number }).replayed).toBeGreaterThan(0);
      await expectState(dead, 'dead');
    },
    'batches.md': async ([, listed, , ranged, , summed, lines]) => {
      for (const batch of [listed, ranged, lines]) {
        const path = `/v1/batches/${(batch as { id: string }).id}`;
        await vi.waitFor(async () => expect(await get(path)).toMatchObject({ state: 'succeeded' }), soon);
      }
      expect(String(summed)).toMatch(/"state":"succeeded".*"result":\{"sum":499500,/);
      const { results } = (await get(`/v1/batches/${(listed as { id: string }).id}/results`)) as {
        results: { result: unknown }[];
      };
      expect(results.map(({ result }) => result)).toEqual(['a', 'b', 'c']);
    },
    'files.md': ([, progress, listed, results]) => {
      expect(String(progress)).toMatch(/"state":"failed"[^]*"total":17,"succeeded":15,"failed":2/);
      expect(listed).toMatchObject({ state: 'failed', progress: 1, counts: { total: 17 } });
      expect((results as { results: unknown[] }).results).toContainEqual(
        expect.objectContaining({
          state: 'succeeded',
          result: { file: 'hills.jpg', thumbnails: [{}, {}, {}].map(() => expect.anything()) },
        }),
      );
    },
    'gather.md': ([whole, partial]) => {
      expect(whole).toMatchObject({ complete: true, results: [{}, { result: { slept: 20 } }, {}] });
      expect(partial).toMatchObject({ complete: false, results: [{ result: 'a' }, { state: 'unfinished' }] });
    },
    'schedules.md': async ([nightly, beating, job, paused, list, deleted]) => {
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
    },
    'serial-keys.md': ([deposited, withdrawn, looked, opened, reserved]) => {
      expect(deposited).toMatchObject({ state: 'succeeded', result: { account: 'alice', balance: 100 } });
      expect(withdrawn).toMatchObject({ state: 'succeeded', result: { balance: 70 } });
      expect(looked).toMatchObject({ result: { account: 'alice', balance: 70 } });
      expect(opened).toMatchObject({ result: { event: 'concert', seats: 100, left: 100 } });
      expect(reserved).toMatchObject({ result: { seats: 2, left: 98 } });
    },
    'flow-control.md': ([queues]) => {
      expect(queues).toMatchObject({ queues: expect.arrayContaining([expect.anything()]) });
    },
    'results.md': ([kept]) => {
      expect(kept).toMatchObject({
        state: 'succeeded',
        result: 'for an hour',
        resultExpiresAt: expect.any(String),
      });
    },
  };

  const pages = readdirSync(guide).filter((page) => linesOf(page).length > 0);
  test.each(pages)('do in %s what it says', async (page) => {
    const check = checks[page];
    if (!check) throw new Error(`${page} has lines to run, and nothing here looks at what they print`);
    await check(await run(page));
  });
});
