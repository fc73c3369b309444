import { batchViewSchema, HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { runningBatch, setUpBatchGateway } from '../../test/batch-gateway.ts';
import type { ScriptedGateway } from '../../test/scripted-gateway.ts';
import { problemOf } from '../../test/send-requests.ts';

let gateway: ScriptedGateway;
setUpBatchGateway((opened) => ({ gateway } = opened));

const call = async (path: string, method = 'GET') => fetch(`${gateway.url}/v1/batches${path}`, { method });

describe('what is known of batches', () => {
  it('shows how far one is', async () => {
    gateway.answers.batch = () => runningBatch;
    const view = await (await call('/b')).json();
    expect(view).toMatchObject({
      state: 'running',
      progress: 0.25,
      counts: runningBatch.counts,
      result: null,
    });
    expect(batchViewSchema.safeParse(view).error).toBeUndefined();
    gateway.answers.batches = ({ limit, cursor }) => ({
      batches: [runningBatch],
      next: `${limit} ${cursor}`,
    });
    expect(await (await call('?limit=3&cursor=x')).json()).toEqual({ batches: [view], next: '3 x' });
  });

  it('pages through results, which may end early, in the order of the inputs', async () => {
    gateway.answers.batch = () => runningBatch;
    gateway.answers['batch-results'] = ({ first, limit }) => ({
      results: Array.from({ length: Math.min(3, limit, 8 - first) }, (_, n) => ({
        index: first + n,
        id: `j${first + n}`,
        state: 'succeeded',
        result: first + n,
      })),
    });
    const seen: number[] = [];
    let next: number | null = 0;
    while (next !== null) {
      const response = await call(`/b/results?first=${next}&limit=100`);
      const page = (await response.json()) as {
        results: { index: number; error: null }[];
        next: number | null;
      };
      seen.push(...page.results.map(({ index }) => index));
      next = page.next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await problemOf(await call('/b/results?first=-1'))).toMatchObject({ status: 422 });
  });

  it('cancels, and passes on why not', async () => {
    gateway.answers['cancel-batch'] = () => ({ ...runningBatch, state: 'cancelled', endedAt: 1 });
    expect(await (await call('/b', 'DELETE')).json()).toMatchObject({ state: 'cancelled' });
    gateway.answers['cancel-batch'] = () => {
      throw new HeddleError('not_cancellable', 'it has ended');
    };
    expect(await problemOf(await call('/b', 'DELETE'))).toMatchObject({ status: 409 });
    expect(await problemOf(await call('/a%20b'))).toMatchObject({ code: 'batch_not_found' });
  });
});
