import { syncViewSchema } from '@heddle/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ScriptedGateway, startScriptedGateway } from '../../test/scripted-gateway.ts';

let gateway: ScriptedGateway;
beforeEach(async () => {
  gateway = await startScriptedGateway();
});
afterEach(() => gateway.drain(500));

it('shows who holds and who waits, and since when', async () => {
  const since = Date.now() - 60_000;
  gateway.answers['sync-view'] = () => ({
    holders: [{ object: 'lock.bank', session: 'teller', fence: 7, since }],
    waiters: [{ object: 'lock.bank', session: 'clerk', since, holds: ['rlock.desk'] }],
  });
  const response = await fetch(`${gateway.url}/v1/sync`);
  const view = syncViewSchema.parse(await response.json());
  expect(view).toMatchObject({
    holders: [{ object: 'lock.bank', session: 'teller', fence: 7, since: new Date(since).toISOString() }],
    waiters: [{ object: 'lock.bank', session: 'clerk', holds: ['rlock.desk'] }],
  });
  expect(view.holders[0]?.heldMs).toBeGreaterThanOrEqual(60_000);
  expect(view.waiters[0]?.waitedMs).toBeGreaterThanOrEqual(60_000);
});
