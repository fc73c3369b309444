import { type BatchRecord, HeddleError } from '@heddle/contracts';
import { findBatch, readBatch } from './find-batch.ts';
import type { Store } from './open-database.ts';
import { putOutgoing } from './outbox.ts';
import { runTransaction } from './run-transaction.ts';
import { stopBatch } from './settle-batch.ts';

/** Cancels what is left of a batch; cancelling twice is no error. Throws `batch_not_found`, `not_cancellable`. */
export async function cancelBatch({ db, shared }: Store, id: string): Promise<BatchRecord> {
  await runTransaction(db, async (tx) => {
    const batch = await readBatch(tx, id, shared);
    if (batch.state === 'cancelled') return;
    if (batch.state !== 'running') {
      throw new HeddleError('not_cancellable', `batch ${id} has ${batch.state} already`);
    }
    // Before the files of a folder are listed there are no jobs.
    await putOutgoing(tx, await stopBatch(tx, id, 'cancelled', batch.total > 0, Date.now()));
  });
  return await findBatch(db, id);
}
