import type { SyncView } from '@heddle/contracts';
import type { GatewayParts } from '../gateway-parts.ts';
import { answerJson } from '../http/answer.ts';
import type { Handler } from '../http/route.ts';
import { iso } from '../jobs/view-job.ts';

/** `GET /v1/sync` */
export function viewSync({ recorder }: Pick<GatewayParts, 'recorder'>): Handler {
  return async (_request, response) => {
    const { holders, waiters }: SyncView = await recorder.ask({ op: 'sync-view' });
    const now = Date.now();
    const ageOf = (since: number): number => Math.max(0, now - since);
    const view = {
      holders: holders.map((one) => ({ ...one, since: iso(one.since), heldMs: ageOf(one.since) })),
      waiters: waiters.map((one) => ({ ...one, since: iso(one.since), waitedMs: ageOf(one.since) })),
    };
    answerJson(response, 200, view, { 'Cache-Control': 'no-store' });
  };
}
