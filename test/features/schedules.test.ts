import { expect, test } from 'vitest';
import { sharedStack } from '../support/shared-stack.ts';

const { api } = sharedStack();

test('a schedule runs when it is asked to, and shows when it last did and will', async () => {
  const yearly = { id: 'yearly', task: 'debug.echo', input: 1, cron: '0 0 1 1 *' };
  expect((await api.call('POST', '/v1/schedules', yearly)).status).toBe(201);
  const run = await api.call<{ id: string }>('POST', '/v1/schedules/yearly/run');
  await api.untilJob(run.body.id, { state: 'succeeded' });
  expect(await api.get('/v1/schedules/yearly')).toMatchObject({
    lastTickAt: null,
    nextRunAt: expect.stringMatching(/-01-01T00:00:00.000Z$/),
  });
});
