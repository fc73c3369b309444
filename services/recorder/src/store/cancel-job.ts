import { HeddleError, isTerminal, type RecorderReplies } from '@heddle/contracts';
import { ENDED_COLUMNS, endJobs } from './end-jobs.ts';
import { keepCancel } from './keep-cancels.ts';
import type { Store } from './open-database.ts';
import { outgoingNews, putOutgoing } from './outbox.ts';
import type { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';

/**
 * Ends a job that waits; tells the worker of one that runs, or leaves that one alone if asked to. Cancelling twice is no error. Undefined: there is no such
 * job yet. Throws `not_cancellable` for a job that has ended otherwise.
 */
export async function cancelJob(
  store: Store,
  writer: EventWriter,
  id: string,
  reason: string | undefined,
  unlessRunning = false,
): Promise<RecorderReplies['cancel'] | undefined> {
  return await runTransaction(store.db, async (tx) => {
    const job = await tx
      .selectFrom('jobs')
      .select(ENDED_COLUMNS)
      .where('id', '=', id)
      .$if(store.shared, (query) => query.forUpdate())
      .executeTakeFirst();
    if (!job) return undefined;
    if (job.state === 'cancelled') return { id, state: job.state };
    if (isTerminal(job.state)) {
      throw new HeddleError('not_cancellable', `job ${id} is ${job.state} already`);
    }
    if (unlessRunning && job.state === 'running') return { id, state: job.state };
    const now = Date.now();
    const { generation } = job;
    const news = {
      type: 'cancel',
      job: id,
      ...(generation > 0 && { generation }),
      ...(reason !== undefined && { reason }),
    } as const;
    await keepCancel(tx, { id, of: 'job', generation }, now);
    await putOutgoing(tx, [outgoingNews(news)]);
    if (job.state === 'running') return { id, state: job.state };
    const error = { code: 'cancelled', message: reason ?? 'somebody cancelled it' };
    await endJobs(tx, writer, [job], 'cancelled', error, now);
    return { id, state: 'cancelled' };
  });
}
