import { MAX_PERMITS, type SyncKind, ValueError } from '@heddle/contracts';
import { type AcquireOptions, type Certain, waitMs } from './leases/acquire-options.ts';
import type { Lease } from './leases/lease.ts';
import { runWith } from './leases/run-with.ts';
import { type LeaseOptions, TokenQueue } from './leases/token-queue.ts';
import { nameObject } from './session/name-object.ts';
import type { SyncSession } from './session/sync-session.ts';

/** The permits of a semaphore, as both kinds have them. */
function permitsOf(session: SyncSession, kind: SyncKind, name: string, value: number, options: LeaseOptions) {
  if (!Number.isInteger(value) || value < 0 || value > MAX_PERMITS) {
    throw new ValueError(`value: expected a whole number from 0 to ${MAX_PERMITS}, got ${value}`);
  }
  return new TokenQueue(session, nameObject(kind, name), value, options);
}

/**
 * A semaphore between processes: `threading.Semaphore`. `acquire` gives a lease on one permit, which is released through
 * that lease, and returns by itself when its holder dies. Who wants Python's counting, where permits are used up by some
 * and added by others, calls `lease.consume()` and `semaphore.release(n)`.
 *
 * The value counts when the semaphore is made; later ones of that name must say the same (`ValueError` at first use).
 */
export class Semaphore {
  readonly name: string;
  readonly #tokens: TokenQueue;

  /** `value`: permits at the beginning, 0 to 2,000. Default 1. */
  constructor(session: SyncSession, name: string, value = 1, options: LeaseOptions = {}) {
    this.name = name;
    this.#tokens = permitsOf(session, 'semaphore', name, value, options);
  }

  /** As `Lock.acquire`; a negative timeout does not wait, as in Python. */
  acquire(options?: Certain): Promise<Lease>;
  acquire(options: AcquireOptions): Promise<Lease | undefined>;
  async acquire(options: AcquireOptions = {}): Promise<Lease | undefined> {
    return await this.#tokens.take(waitMs(options, 'none'), options.signal);
  }

  /** Adds permits, 1 by default: not those of a lease, but new ones. Rejects if it is not sure that they have arrived. */
  async release(n = 1): Promise<void> {
    if (!Number.isInteger(n) || n < 1 || n > MAX_PERMITS) {
      throw new ValueError(`n: expected a whole number from 1 to ${MAX_PERMITS}, got ${n}`);
    }
    await this.#tokens.add(n);
  }

  /** Permits that nobody has now; one that is released counts again a moment later, when the broker has put it back. */
  value(): Promise<number> {
    return this.#tokens.countReady();
  }

  /** Runs `fn` with a permit, and releases it; see `Lock.run`. */
  async run<T>(fn: (lease: Lease) => Promise<T> | T, options: Certain = {}): Promise<T> {
    return await runWith(await this.acquire(options), fn);
  }
}

/** A semaphore that never has more permits than at its beginning: they come back through their leases, and only once. */
export class BoundedSemaphore {
  readonly name: string;
  readonly #tokens: TokenQueue;
  /** Leases that were taken through this object, oldest first. */
  readonly #leases = new Set<Lease>();

  /** `value`: permits, 0 to 2,000. Default 1. */
  constructor(session: SyncSession, name: string, value = 1, options: LeaseOptions = {}) {
    this.name = name;
    this.#tokens = permitsOf(session, 'bounded-semaphore', name, value, options);
  }

  /** As `Semaphore.acquire`. */
  acquire(options?: Certain): Promise<Lease>;
  acquire(options: AcquireOptions): Promise<Lease | undefined>;
  async acquire(options: AcquireOptions = {}): Promise<Lease | undefined> {
    const lease = await this.#tokens.take(waitMs(options, 'none'), options.signal);
    if (lease) {
      this.#leases.add(lease);
      lease.onEnd(() => this.#leases.delete(lease));
    }
    return lease;
  }

  /** Releases permits that this object has acquired, the oldest first. Rejects with `ValueError` if it has not so many. */
  async release(n = 1): Promise<void> {
    if (!Number.isInteger(n) || n < 1) throw new ValueError(`n: expected a whole number from 1 on, got ${n}`);
    if (n > this.#leases.size) throw new ValueError('semaphore released too many times');
    await Promise.all([...this.#leases].slice(0, n).map((lease) => lease.release()));
  }

  /** Permits that nobody has now; one that is released counts again a moment later, when the broker has put it back. */
  value(): Promise<number> {
    return this.#tokens.countReady();
  }

  /** Runs `fn` with a permit, and releases it; see `Lock.run`. */
  async run<T>(fn: (lease: Lease) => Promise<T> | T, options: Certain = {}): Promise<T> {
    return await runWith(await this.acquire(options), fn);
  }
}
