import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { DeadlockError, type SyncObject } from '@heddle/contracts';

/** Something that is held or waited for here. Times are milliseconds since the epoch. */
export interface LedgerEntry {
  readonly object: SyncObject;
  readonly since: number;
  /** Of what is held. */
  readonly fence?: number | undefined;
}

/** A wait, and what the code that waits holds meanwhile. */
export interface LedgerWait extends LedgerEntry {
  readonly id: string;
  readonly holds: readonly Claim[];
  readonly end: AbortController;
}

/** What some code has asked for; it holds it as long as its lease does. */
export interface Claim {
  readonly object: SyncObject;
  lease: { readonly held: boolean } | undefined;
}

/** A released token is nowhere until the broker has written it anew: for milliseconds, on a busy disk for longer. */
const PUT_BACK_MS = 1_000;

/** What the code that runs has asked for. Code that it begins has a part in it, not the other way round. */
const flows = new AsyncLocalStorage<readonly Claim[]>();

/** Runs `work` so that what it asks for does not count as its caller's. */
export function apart<T>(work: () => T): T {
  // Always a new list: given the one that is there already, Node makes no context.
  return flows.run([...(flows.getStore() ?? [])], work);
}

/** What this session holds and waits for: the one place to look for what a deadlock is made of. */
export class Ledger {
  readonly holding = new Set<LedgerEntry>();
  readonly waiting = new Set<LedgerWait>();
  /** When each was last released here, by `performance.now()`; the oldest first. */
  readonly #released = new Map<SyncObject, number>();

  hold(object: SyncObject, fence: number): LedgerEntry {
    const entry = { object, fence, since: Date.now() };
    this.holding.add(entry);
    return entry;
  }

  release(object: SyncObject): void {
    const now = performance.now();
    this.#released.delete(object);
    this.#released.set(object, now);
    for (const [oldest, at] of this.#released) {
      if (at > now - PUT_BACK_MS) break;
      this.#released.delete(oldest);
    }
  }

  /** Whether the broker may not yet count what was released here. */
  isPuttingBack(object: SyncObject): boolean {
    return performance.now() - (this.#released.get(object) ?? Number.NEGATIVE_INFINITY) < PUT_BACK_MS;
  }

  /**
   * Counts as waiting until `work` has ended. To be called before the caller's first `await`: what is held at that moment by the code
   * that asks is what it holds while it waits. (Asked for side by side, nothing of the one is held yet when the other asks.)
   */
  async ask<L extends { readonly held: boolean }>(
    object: SyncObject,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<L | undefined>,
  ): Promise<L | undefined> {
    const holds = (flows.getStore() ?? []).filter(({ lease }) => lease?.held === true);
    const claim: Claim = { object, lease: undefined };
    flows.enterWith([...holds, claim]);
    const end = new AbortController();
    const wait = { id: randomUUID(), object, since: Date.now(), holds, end };
    this.waiting.add(wait);
    try {
      const lease = await work(signal ? AbortSignal.any([signal, end.signal]) : end.signal);
      claim.lease = lease;
      return lease;
    } finally {
      this.waiting.delete(wait);
    }
  }

  /** Ends a wait with a `DeadlockError`. */
  refuse(id: string, circle: string): void {
    for (const wait of this.waiting) {
      if (wait.id === id) wait.end.abort(new DeadlockError(`${wait.object}: deadlock: ${circle}`));
    }
  }
}
