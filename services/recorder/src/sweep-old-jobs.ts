import type { BrokerLog } from '@heddle/broker';
import { terminalStates } from '@heddle/contracts';
import type { RecorderMetrics } from './metrics.ts';
import { pauseUnless, type Repetition, repeatWork } from './repeat-work.ts';
import { deleteOldBatches, deleteOldJobs, deleteOrphanOutputs } from './store/delete-old-jobs.ts';
import { forgetEmptyStates } from './store/forget-empty-states.ts';
import type { Store } from './store/open-database.ts';
import type { PageEnd } from './store/page-cursor.ts';
import { dropAbandonedParts } from './store/stage-batch-parts.ts';
import { forgetUnused } from './store/sync/sweep-sync.ts';

/** Jobs of one transaction, few enough that nobody notices. */
const CHUNK = 200;
/** Between two chunks, so that sweeping takes a small part of the database's time. */
const PAUSE_MS = 50;
/** Sweeps are so far apart, or a tenth of the retention if that is less. */
const SWEEP_EVERY_MS = 10 * 60_000;

/** An upload of which nothing has come for so long will not go on. */
const UPLOAD_IDLE_MS = 3_600_000;

/** Deletes jobs that ended longer than `retentionMs` ago, and named objects and keys that are empty and unused for so long, in the background. */
export class RetentionSweeper {
  readonly #store: Store;
  readonly #retentionMs: number;
  readonly #metrics: RecorderMetrics;
  readonly #log: BrokerLog;
  #repetition: Repetition | undefined;

  constructor(store: Store, retentionMs: number, metrics: RecorderMetrics, log: BrokerLog) {
    this.#store = store;
    this.#retentionMs = retentionMs;
    this.#metrics = metrics;
    this.#log = log;
  }

  start(): void {
    this.#repetition = repeatWork({
      everyMs: Math.max(1_000, Math.min(SWEEP_EVERY_MS, this.#retentionMs / 10)),
      round: (_, stopped) => this.#sweep(stopped, Date.now() - this.#retentionMs),
      onError: (error) => this.#log.error({ err: error }, 'cannot delete old jobs'),
    });
  }

  async stop(): Promise<void> {
    await this.#repetition?.stop();
  }

  async #sweep(stopped: AbortSignal, before: number): Promise<undefined> {
    let deleted = 0;
    for (const state of terminalStates) {
      let after: PageEnd | undefined;
      do {
        const chunk = await deleteOldJobs(this.#store, state, before, after, CHUNK);
        deleted += chunk.deleted;
        this.#metrics.deleted(chunk.deleted);
        after = chunk.next;
        await pauseUnless(stopped, PAUSE_MS);
      } while (after && !stopped.aborted);
    }
    while (!stopped.aborted) {
      if ((await deleteOrphanOutputs(this.#store, before, CHUNK)) < CHUNK) break;
      await pauseUnless(stopped, PAUSE_MS);
    }
    for (const forget of [forgetUnused, forgetEmptyStates]) {
      while (!stopped.aborted && (await forget(this.#store.db, before, CHUNK)) === CHUNK) {
        await pauseUnless(stopped, PAUSE_MS);
      }
    }
    await deleteOldBatches(this.#store, before);
    await dropAbandonedParts(this.#store, Date.now() - UPLOAD_IDLE_MS);
    if (deleted > 0) this.#log.info({ deleted }, 'deleted old jobs');
  }
}
