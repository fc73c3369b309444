import { HeddleError, type SyncDemand, type SyncOutcome } from '@heddle/contracts';
import type { Store } from '../open-database.ts';
import { runTransaction } from '../run-transaction.ts';
import { changeBarrier, pass } from './barrier-parties.ts';
import { notify, waitForNotice } from './condition-waiters.ts';
import { cancel, deleteObject, dropSession } from './end-waits.ts';
import { keepReport } from './keep-report.ts';
import { get, join, put, settle, shutDown } from './queue-items.ts';
import { type Grant, SyncContext } from './sync-context.ts';

export interface SyncRequest {
  readonly session: string;
  /** Of the session, for people. */
  readonly name?: string;
  /** Tickets whose outcomes the session knows. */
  readonly acked: readonly string[];
  readonly demand: SyncDemand;
}

export interface Met {
  /** In the order of the demands; an error is the demand's own fault, and nothing was done. */
  readonly outcomes: readonly (SyncOutcome | HeddleError)[];
  readonly grants: readonly Grant[];
}

/** Meets demands in one transaction, one after the other. Those who lock several objects must give them in one order. */
export async function meetDemands(store: Store, requests: readonly SyncRequest[]): Promise<Met> {
  return await runTransaction(store.db, async (tx) => {
    const names = new Map(requests.map(({ session, name }) => [session, name]));
    const context = new SyncContext(tx, store.shared, Date.now(), names);
    await forgetAcked(context, requests);
    const outcomes: (SyncOutcome | HeddleError)[] = [];
    for (const { session, demand } of requests) {
      try {
        outcomes.push(await meet(context, session, demand));
      } catch (error) {
        // Thrown before anything was written.
        if (!(error instanceof HeddleError)) throw error;
        outcomes.push(error);
      }
    }
    await context.save();
    return { outcomes, grants: context.grants };
  });
}

async function meet(c: SyncContext, session: string, demand: SyncDemand): Promise<SyncOutcome> {
  switch (demand.is) {
    case 'put':
      return await put(c, session, demand);
    case 'get':
      return await get(c, session, demand);
    case 'done':
    case 'give-back':
      return await settle(c, session, demand);
    case 'join':
      return await join(c, session, demand);
    case 'shut-down':
      return await shutDown(c, demand);
    case 'size': {
      const { ready, unfinished } = await c.open(demand.object, demand.maxsize);
      return { is: 'size', ready, unfinished };
    }
    case 'delete':
      return await deleteObject(c, demand);
    case 'pass':
      return await pass(c, session, demand);
    case 'barrier':
      return await changeBarrier(c, demand);
    case 'wait':
      return await waitForNotice(c, session, demand);
    case 'notify':
      return await notify(c, demand);
    case 'cancel':
      return await cancel(c, session, demand);
    case 'report':
      return await keepReport(c, session, demand);
    case 'leave':
      await c.tx.deleteFrom('sync_reports').where('session', '=', session).execute();
      await dropSession(c, session);
      return { is: 'left' };
  }
}

async function forgetAcked(c: SyncContext, requests: readonly SyncRequest[]): Promise<void> {
  const acked = requests.flatMap((request) => request.acked);
  if (acked.length === 0) return;
  await c.tx.deleteFrom('sync_tickets').where('id', 'in', acked).where('ended_at', 'is not', null).execute();
}
