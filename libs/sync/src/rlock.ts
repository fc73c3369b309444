import { AsyncLocalStorage } from 'node:async_hooks';
import { RuntimeError, type SyncObject } from '@heddle/contracts';
import { type AcquireOptions, type Certain, waitMs } from './leases/acquire-options.ts';
import type { Lease } from './leases/lease.ts';
import { ReentrantHold, type ReentrantLease } from './leases/reentrant-lease.ts';
import { runWith } from './leases/run-with.ts';
import { type LeaseOptions, TokenQueue } from './leases/token-queue.ts';
import { apart } from './session/ledger.ts';
import { nameObject } from './session/name-object.ts';
import type { SyncSession } from './session/sync-session.ts';

/** What the async context that runs holds, by session. Contexts that begin within it are part of it. */
type Holds = ReadonlyMap<SyncSession, ReadonlyMap<SyncObject, ReentrantHold>>;
const contexts = new AsyncLocalStorage<Holds>();

/**
 * A lock that its holder may acquire again: `threading.RLock`. Where Python says "thread", here it is one async context of
 * one process: the code that awaited `acquire`, and what that calls and awaits. Others wait, in the same process too.
 *
 * `run` gives its function a context of its own, which is the surest. After a bare `acquire` the function that called it is
 * the holder, with its callers up to their next `await`: do not start from there, without awaiting it, what must wait.
 */
export class RLock {
  readonly name: string;
  readonly #session: SyncSession;
  readonly #object: SyncObject;
  readonly #tokens: TokenQueue;

  /** Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`. */
  constructor(session: SyncSession, name: string, options: LeaseOptions = {}) {
    this.name = name;
    this.#session = session;
    this.#object = nameObject('rlock', name);
    this.#tokens = new TokenQueue(session, this.#object, 1, options);
  }

  /** As `Lock.acquire`; at once if this context has it. Each acquire wants a release of its own, by its lease or by `release`. */
  acquire(options?: Certain): Promise<ReentrantLease>;
  acquire(options: AcquireOptions): Promise<ReentrantLease | undefined>;
  // Not async: the context that is entered must be the caller's.
  acquire(options: AcquireOptions = {}): Promise<ReentrantLease | undefined> {
    const held = this.#hold();
    if (held?.lease) return this.#again(held, held.lease, options);
    const hold = new ReentrantHold();
    contexts.enterWith(this.#with(hold));
    return this.#enter(hold, options);
  }

  /** Takes back the newest acquire of this context. Rejects with `RuntimeError` if this context does not have the lock. */
  async release(): Promise<void> {
    const newest = this.#hold()?.acquires.at(-1);
    if (!newest) throw new RuntimeError('cannot release un-acquired lock');
    await newest.release();
  }

  /** The lease that this context has, however often it was acquired. */
  get lease(): Lease | undefined {
    return this.#hold()?.lease ?? undefined;
  }

  /** For conditions: gets a released lease again, with all its acquires. */
  async retake(lease: Lease): Promise<void> {
    await this.#tokens.retake(lease);
  }

  /** Whether this context has it. */
  owned(): boolean {
    return this.#hold() !== undefined;
  }

  /** Whether anybody has it now. */
  locked(): Promise<boolean> {
    return this.#tokens.allHeld();
  }

  /** Runs `fn` with the lock; within it, the lock may be acquired again. See `Lock.run`. */
  run<T>(fn: (lease: ReentrantLease) => Promise<T> | T, options: Certain = {}): Promise<T> {
    // A context of its own, which ends with it; always a new map, or it would be the caller's.
    const work = async (): Promise<T> => await runWith(await this.acquire(options), fn);
    return apart(() => contexts.run(new Map(contexts.getStore()), work));
  }

  /** What this context has of it. What is still waited for is no such thing: who asks meanwhile waits in the line too. */
  #hold(): ReentrantHold | undefined {
    const hold = contexts.getStore()?.get(this.#session)?.get(this.#object);
    return hold?.lease && !hold.over && hold.acquires.length > 0 ? hold : undefined;
  }

  /** This context's holds and one more. A new map: contexts that began before have no part in it. */
  #with(hold: ReentrantHold): Holds {
    const all: Holds = contexts.getStore() ?? new Map<SyncSession, never>();
    const before = [...(all.get(this.#session) ?? [])].filter(([, { over }]) => !over);
    return new Map([...all, [this.#session, new Map([...before, [this.#object, hold]])]]);
  }

  async #again(hold: ReentrantHold, lease: Lease, options: AcquireOptions): Promise<ReentrantLease> {
    waitMs(options, 'refused');
    return await Promise.resolve(hold.enter(lease));
  }

  async #enter(hold: ReentrantHold, options: AcquireOptions): Promise<ReentrantLease | undefined> {
    let lease: Lease | undefined;
    try {
      lease = await this.#tokens.take(waitMs(options, 'refused'), options.signal);
    } finally {
      hold.lease = lease ?? null;
    }
    return lease && hold.enter(lease);
  }
}
