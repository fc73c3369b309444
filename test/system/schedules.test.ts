import type { JobView } from '@heddle/contracts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SystemStack } from '../support/system-stack.ts';

const EVERY_MS = 500;
const LEADS = 'ticks the schedules from now on';

let stack: SystemStack;
beforeAll(async () => {
  stack = await SystemStack.start({
    services: ['gateway', 'recorder', 'consumer', 'producer', 'producer'],
  });
});
afterAll(() => stack?.stop());

/** The jobs of the schedule, oldest first; once the recorder answers. */
async function beats(): Promise<JobView[]> {
  const jobs = expect.any(Array);
  const path = '/v1/jobs?tag=schedule:beat&limit=200';
  const page = await stack.api.until<{ jobs: JobView[] }>(path, { jobs });
  return page.jobs.toReversed();
}

async function threeMoreBeats(): Promise<void> {
  const before = (await beats()).length;
  await vi.waitFor(async () => expect((await beats()).length).toBeGreaterThan(before + 2), {
    timeout: 60_000,
    interval: 100,
  });
}

test('of two producers one ticks; each tick makes one job, also while that producer and the recorder are killed', async () => {
  const beat = { id: 'beat', task: 'debug.echo', input: 1, every: EVERY_MS };
  const created = await stack.api.call<{ createdAt: string }>('POST', '/v1/schedules', beat);
  expect(created.status).toBe(201);
  await threeMoreBeats();
  await Promise.any(stack.all('producer').map((producer) => producer.logged(LEADS)));
  const leaders = stack.all('producer').filter(({ log }) => log.some(({ msg }) => msg === LEADS));
  expect(leaders).toHaveLength(1);
  for (const leader of leaders) await stack.kill(leader);
  await threeMoreBeats();
  await stack.killAndRestart(stack.of('recorder'));
  await threeMoreBeats();

  await stack.api.call('POST', '/v1/schedules/beat', { paused: true });
  const first = Date.parse(created.body.createdAt);
  const ticks = (await beats()).map(({ acceptedAt }) =>
    Math.floor((Date.parse(acceptedAt) - first) / EVERY_MS),
  );
  expect(new Set(ticks).size, `ticks ${ticks.join(', ')}`).toBe(ticks.length);
  await vi.waitFor(
    async () => expect(new Set((await beats()).map(({ state }) => state))).toEqual(new Set(['succeeded'])),
    { timeout: 60_000 },
  );
});
