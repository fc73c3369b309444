import { setTimeout as wait } from 'node:timers/promises';
import type { BrokerLog, Delivery } from '@heddle/broker';

/** Long enough not to burn a core while the broker refuses, short enough that nobody waits for it. */
const RETRY_MS = 1_000;

/**
 * Works on deliveries, each until it is done, which acks it, or until it is somebody else's: giving it back would only bring it
 * again at once.
 */
export class PersistentWork {
  readonly #log: BrokerLog;
  readonly #draining = new AbortController();
  readonly #going = new Set<Promise<void>>();

  constructor(log: BrokerLog) {
    this.#log = log;
  }

  /** Aborted when draining begins. */
  get signal(): AbortSignal {
    return this.#draining.signal;
  }

  begin(delivery: Delivery, work: () => Promise<void>): void {
    const going = this.#tryUntilDone(delivery, work).finally(() => this.#going.delete(going));
    this.#going.add(going);
  }

  /** Tries nothing again; resolves when no try is under way any more. The deliveries that are not done stay unsettled. */
  async drain(): Promise<void> {
    this.#draining.abort();
    await Promise.all(this.#going);
  }

  async #tryUntilDone(delivery: Delivery, work: () => Promise<void>): Promise<void> {
    while (!delivery.lost && !this.signal.aborted) {
      try {
        await work();
      } catch (error) {
        this.#log.warn({ err: error }, 'cannot be done yet');
        await wait(RETRY_MS, undefined, { signal: this.signal }).catch(() => {});
        continue;
      }
      return delivery.ack();
    }
  }
}
