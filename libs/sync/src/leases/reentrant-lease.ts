import { RuntimeError } from '@heddle/contracts';
import type { Lease } from './lease.ts';

/** What one async context holds of a re-entrant lock: one lease of the broker's, and how often it was acquired. */
export class ReentrantHold {
  /** Absent while the lock is waited for; null when it was not got. */
  lease: Lease | null | undefined;
  /** Acquires that are not released, oldest first. */
  readonly acquires: ReentrantLease[] = [];

  /** Released, lost, or never got. */
  get over(): boolean {
    return this.lease !== undefined && this.lease?.held !== true;
  }

  enter(lease: Lease): ReentrantLease {
    const acquired = new ReentrantLease(this, lease);
    this.acquires.push(acquired);
    return acquired;
  }

  /** Takes back one acquire; the last one gives the lock away. */
  async leave(acquired: ReentrantLease): Promise<void> {
    const index = this.acquires.indexOf(acquired);
    if (index === -1) throw new RuntimeError('cannot release un-acquired lock');
    this.lease?.signal.throwIfAborted();
    this.acquires.splice(index, 1);
    if (this.acquires.length === 0) await this.lease?.release();
  }
}

/** One acquire of a re-entrant lock. Those of one context share fence and signal; the lock is free when all are released. */
export class ReentrantLease {
  readonly #hold: ReentrantHold;
  readonly #lease: Lease;

  constructor(hold: ReentrantHold, lease: Lease) {
    this.#hold = hold;
    this.#lease = lease;
  }

  /** Grows with each hand-over between contexts; see `Lease.fence`. */
  get fence(): number {
    return this.#lease.fence;
  }

  /** Aborted when the lock is lost, with a `LeaseLostError`. */
  get signal(): AbortSignal {
    return this.#lease.signal;
  }

  /** Neither released nor known to be lost. */
  get held(): boolean {
    return this.#lease.held && this.#hold.acquires.includes(this);
  }

  /** Takes this acquire back. Rejects with `RuntimeError` the second time, with `LeaseLostError` if the lock was lost. */
  async release(): Promise<void> {
    await this.#hold.leave(this);
  }

  /** Releases it if it is held. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.held) await this.release();
  }
}
