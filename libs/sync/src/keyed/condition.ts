import { randomUUID } from 'node:crypto';
import { type Timeout, timeoutMs } from '@heddle/client';
import { type KeyedObject, RuntimeError } from '@heddle/contracts';
import type { AcquireOptions } from '../leases/acquire-options.ts';
import type { Lease } from '../leases/lease.ts';
import type { ReentrantLease } from '../leases/reentrant-lease.ts';
import type { Lock } from '../lock.ts';
import { RLock } from '../rlock.ts';
import { nameObject } from '../session/name-object.ts';
import type { SyncSession } from '../session/sync-session.ts';
import type { KeyedClient } from './keyed-client.ts';

/** What a condition needs of its lock. */
type ConditionLock = Pick<Lock | RLock, 'acquire' | 'run' | 'retake'> & { readonly lease: Lease | undefined };

/**
 * A condition between processes: `threading.Condition`. Who holds its lock may wait for what others make true under the same
 * lock. A wake-up goes to those who have waited the longest; one that was given to a process that died goes to the next. As
 * in Python, somebody may wake without cause: look again, or use `waitFor`.
 *
 * The state that it is about is the program's: rows of a database, a file, a queue.
 */
export class Condition {
  readonly name: string;
  readonly lock: Lock | RLock;
  readonly #object: KeyedObject;
  readonly #client: KeyedClient;

  /**
   * `lock`: the same for all who use the name, and for several conditions if they are about one state; default: an `RLock` of
   * the condition's own. Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`.
   */
  constructor(session: SyncSession, name: string, lock?: Lock | RLock) {
    this.name = name;
    this.#object = nameObject('condition', name);
    this.lock = lock ?? new RLock(session, name);
    this.#client = session.keyed;
  }

  /** As the lock's. */
  acquire(options: AcquireOptions = {}): Promise<Lease | ReentrantLease | undefined> {
    return this.lock.acquire(options);
  }

  /** As the lock's; of a lock that is not re-entrant, its current lease. Rejects with `RuntimeError` if it is not held. */
  async release(): Promise<void> {
    const { lease } = this.lock;
    if (!lease) throw new RuntimeError('cannot release un-acquired lock');
    await (this.lock instanceof RLock ? this.lock.release() : lease.release());
  }

  /** Runs `fn` with the lock; within it, `wait` and `notify` may be called. */
  run<T>(fn: () => Promise<T> | T): Promise<T> {
    return this.lock.run(() => fn());
  }

  /**
   * Lets the lock go, waits for a wake-up, and takes the lock again, before it resolves: with true, or with false if none came
   * in time, or the recorder is away for longer than that (and two seconds). No wake-up is lost between letting go and waiting. The lease of the lock stays the same object; its fence
   * is a new one. Rejects with `RuntimeError` if the lock is not held, and with `DeadlockError` if it cannot be had again because
   * of a circle: then it is not held, and the wake-up goes to somebody else.
   */
  async wait(timeout?: Timeout): Promise<boolean> {
    const lock: ConditionLock = this.lock;
    const { lease } = lock;
    if (!lease) throw new RuntimeError('cannot wait on un-acquired lock');
    const ms = timeoutMs(timeout);
    const demand = { is: 'wait' as const, object: this.#object, ticket: randomUUID() };
    // It stands in the line before anybody can hold the lock, and notify.
    if (!(await this.#client.begin(demand, ms))) return false;
    try {
      await lease.release();
    } catch (error) {
      await this.#leaveLine(demand);
      throw error;
    }
    let woken = false;
    try {
      const outcome = await this.#client.waitFor({ ...demand, known: true }, Math.max(ms, 0));
      woken = outcome.is === 'woken';
      return woken;
    } finally {
      await this.#retake(lock, lease, woken);
    }
  }

  /** Waits until the predicate, which is called with the lock held, gives something true; resolves with what it gave last. */
  async waitFor<T>(predicate: () => T | Promise<T>, timeout?: Timeout): Promise<T> {
    const deadline = performance.now() + timeoutMs(timeout);
    for (;;) {
      const result = await predicate();
      const left = deadline - performance.now();
      if (result || left <= 0) return result;
      await this.wait(left);
    }
  }

  /** Wakes up to `n` of those who wait. Rejects with `RuntimeError` if the lock is not held. */
  async notify(n = 1): Promise<void> {
    this.#assertHeld();
    if (n >= 1) await this.#client.ask({ is: 'notify', object: this.#object, count: Math.floor(n) });
  }

  /** Wakes all who wait. */
  async notifyAll(): Promise<void> {
    this.#assertHeld();
    await this.#client.ask({ is: 'notify', object: this.#object, count: null });
  }

  /** Who was woken and does not get the lock again, for the sake of a deadlock, hands the wake-up on. */
  async #retake(lock: ConditionLock, lease: Lease, woken: boolean): Promise<void> {
    try {
      await lock.retake(lease);
    } catch (error) {
      if (woken)
        await this.#client.ask({ is: 'notify', object: this.#object, count: 1 }).catch(() => undefined);
      throw error;
    }
  }

  /** Who does not wait after all must not be woken in the place of somebody else. */
  async #leaveLine(demand: Parameters<KeyedClient['cancel']>[0]): Promise<void> {
    const outcome = await this.#client.cancel(demand);
    if (outcome.is === 'woken') await this.#client.ask({ is: 'notify', object: this.#object, count: 1 });
  }

  #assertHeld(): void {
    if (!this.lock.lease) throw new RuntimeError('cannot notify on un-acquired lock');
  }
}
