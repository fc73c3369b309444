import { type AcquireOptions, type Certain, waitMs } from './leases/acquire-options.ts';
import type { Lease } from './leases/lease.ts';
import { runWith } from './leases/run-with.ts';
import { type LeaseOptions, TokenQueue } from './leases/token-queue.ts';
import { apart } from './session/ledger.ts';
import { nameObject } from './session/name-object.ts';
import type { SyncSession } from './session/sync-session.ts';

/**
 * A lock between processes: `threading.Lock`, for everybody who knows its name and the broker. First come, first served.
 * A holder that dies gives it back at once; see `Lease` for how it can be lost.
 *
 * Unlike Python's, it is released through the lease that `acquire` gave, by whoever has that.
 */
export class Lock {
  readonly name: string;
  readonly #tokens: TokenQueue;
  #lease: Lease | undefined;

  /** Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`. */
  constructor(session: SyncSession, name: string, options: LeaseOptions = {}) {
    this.name = name;
    this.#tokens = new TokenQueue(session, nameObject('lock', name), 1, options);
  }

  /**
   * Waits for its turn. With `blocking: false` or a `timeout` it gives undefined instead of a lease when the lock is not
   * free in time. A negative timeout is a `ValueError`, but for -1, which is none; so is a timeout without blocking.
   */
  acquire(options?: Certain): Promise<Lease>;
  acquire(options: AcquireOptions): Promise<Lease | undefined>;
  async acquire(options: AcquireOptions = {}): Promise<Lease | undefined> {
    const lease = await this.#tokens.take(waitMs(options, 'refused'), options.signal);
    if (lease) this.#lease = lease;
    return lease;
  }

  /** The lease that was acquired through this object, while it is held. */
  get lease(): Lease | undefined {
    return this.#lease?.held ? this.#lease : undefined;
  }

  /** For conditions: gets a released lease again. */
  async retake(lease: Lease): Promise<void> {
    await this.#tokens.retake(lease);
    this.#lease = lease;
  }

  /** Whether anybody holds it now. */
  locked(): Promise<boolean> {
    return this.#tokens.allHeld();
  }

  /** Runs `fn` with the lease, and releases it. Rejects with a `LeaseLostError` if it was lost meanwhile, whatever `fn` gave. */
  async run<T>(fn: (lease: Lease) => Promise<T> | T, options: Certain = {}): Promise<T> {
    return await apart(async () => await runWith(await this.acquire(options), fn));
  }
}
