import type { BrokerLog } from '@heddle/broker';
import { type Repetition, repeatWork } from './repeat-work.ts';
import { expireJobs } from './store/expire-jobs.ts';
import { expireResults } from './store/expire-results.ts';
import { forgetCancels } from './store/forget-cancels.ts';
import type { Store } from './store/open-database.ts';
import type { EventWriter } from './store/record-events.ts';
import { cancelJobsOfBatch, findStoppingBatches, finishStopping } from './store/stop-batches.ts';

/** Jobs of one transaction, few enough that nobody notices. */
const CHUNK = 200;
const SWEEP_EVERY_MS = 1_000;
/** A worker that has just taken a job says so sooner than that. */
const EXPIRY_GRACE_MS = 1_000;
/**
 * A batch that was stopped longer ago than this has few jobs left to come, and is looked at once in so many sweeps. So are results
 * whose time has been over for longer: they wait for the end of a batch.
 */
const RECENTLY_MS = 60_000;
const SWEEPS_OF_ALL = 60;
/** A message may wait for 365 days, and then for a worker. */
const KEEP_CANCELS_MS = 400 * 86_400_000;

/** Ends what no worker is there to end: jobs past their time to live and jobs of stopped batches; deletes results whose time is over; forgets old cancels. */
export class EndingSweeper {
  readonly #store: Store;
  readonly #writer: EventWriter;
  readonly #log: BrokerLog;
  readonly #onOutgoing: () => void;
  #repetition: Repetition | undefined;
  #cancelsSeen = '';

  /** `onOutgoing` is called when something has come into the outbox. */
  constructor(store: Store, writer: EventWriter, log: BrokerLog, onOutgoing: () => void) {
    this.#store = store;
    this.#writer = writer;
    this.#log = log;
    this.#onOutgoing = onOutgoing;
  }

  start(): void {
    this.#repetition = repeatWork({
      everyMs: SWEEP_EVERY_MS,
      round: (count, stopped) => this.#sweep(count, stopped),
      onError: (error) => this.#log.error({ err: error }, 'cannot sweep what is to end'),
    });
  }

  async stop(): Promise<void> {
    await this.#repetition?.stop();
  }

  async #sweep(count: number, stopped: AbortSignal): Promise<undefined> {
    const expired = () => expireJobs(this.#store, this.#writer, Date.now() - EXPIRY_GRACE_MS, CHUNK);
    await this.#inChunks(stopped, expired);
    const since = count % SWEEPS_OF_ALL === 0 ? 0 : Date.now() - RECENTLY_MS;
    await this.#expireResults(stopped, since);
    await this.#stopBatches(stopped, since);
    await this.#forgetCancels();
  }

  async #expireResults(stopped: AbortSignal, since: number): Promise<void> {
    const now = Date.now();
    let next: number | undefined = since;
    while (next !== undefined && !stopped.aborted) {
      ({ next } = await expireResults(this.#store, next, now, CHUNK));
    }
  }

  async #stopBatches(stopped: AbortSignal, since: number): Promise<void> {
    for (const id of await findStoppingBatches(this.#store, since)) {
      await this.#inChunks(stopped, () => cancelJobsOfBatch(this.#store, this.#writer, id, CHUNK));
      await finishStopping(this.#store, id, Date.now());
    }
  }

  /** One chunk a sweep, and then round again: however many cancels there are, looking at them costs the same. */
  async #forgetCancels(): Promise<void> {
    const before = Date.now() - KEEP_CANCELS_MS;
    this.#cancelsSeen = (await forgetCancels(this.#store.db, this.#cancelsSeen, before, CHUNK)) ?? '';
  }

  /** Repeats what ends a chunk of jobs until there was less than a chunk left. */
  async #inChunks(stopped: AbortSignal, endSome: () => Promise<number>): Promise<void> {
    let ended: number;
    do {
      ended = await endSome();
      if (ended > 0) this.#onOutgoing();
    } while (ended === CHUNK && !stopped.aborted);
  }
}
