import type { BrokerLog } from '@heddle/broker';
import { type Repetition, repeatWork } from './repeat-work.ts';
import type { Store } from './store/open-database.ts';
import { clearAbandoned, wakeOverdue } from './store/wake-waiters.ts';

/** Who waits until a time learns of it so much later at most. */
const LOOK_EVERY_MS = 200;
const CHUNK = 200;
/** Looks between two searches for what a worker left behind. */
const LOOKS_OF_ALL = 10;
/** A job that was woken longer ago is either with a worker or has ended. */
const ABANDONED_MS = 5_000;

/** Wakes the jobs whose time to wait for a change is over, and those whose turn nobody else saw to. */
export class WaiterSweeper {
  readonly #store: Store;
  readonly #log: BrokerLog;
  readonly #onOutgoing: () => void;
  #repetition: Repetition | undefined;

  /** `onOutgoing` is called when something has come into the outbox. */
  constructor(store: Store, log: BrokerLog, onOutgoing: () => void) {
    this.#store = store;
    this.#log = log;
    this.#onOutgoing = onOutgoing;
  }

  start(): void {
    this.#repetition = repeatWork({
      everyMs: LOOK_EVERY_MS,
      round: (count) => this.#look(count),
      onError: (error) => this.#log.error({ err: error }, 'cannot wake jobs that wait'),
    });
  }

  async stop(): Promise<void> {
    await this.#repetition?.stop();
  }

  async #look(count: number): Promise<'more' | undefined> {
    let woken = await wakeOverdue(this.#store, Date.now(), CHUNK);
    if (count % LOOKS_OF_ALL === 0) {
      woken += await clearAbandoned(this.#store, Date.now() - ABANDONED_MS, CHUNK);
    }
    if (woken > 0) this.#onOutgoing();
    return woken >= CHUNK ? 'more' : undefined;
  }
}
