import { expect, test } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();

test('a result goes to who waits for it, is kept for its time to live, and then the job says that it is gone', async () => {
  const job = { task: 'debug.echo', input: { n: 1 }, resultTtl: '1s' };
  const waited = await api.submit(job, { prefer: 'wait=60' });
  expect(waited).toMatchObject({ state: 'succeeded', result: { n: 1 } });
  const gone = await api.untilJob(waited.id, { state: 'succeeded', result: null });
  expect(Date.parse(gone.resultExpiresAt ?? '') - Date.parse(gone.endedAt ?? '')).toBe(1_000);
});
