import type { SyncObject } from '@heddle/contracts';

/** Something that is held or waited for here. Times are milliseconds since the epoch. */
export interface LedgerEntry {
  readonly object: SyncObject;
  readonly since: number;
  /** Of what is held. */
  readonly fence?: number | undefined;
}

/** What this session holds and waits for: the one place to look for what a deadlock is made of. */
export class Ledger {
  readonly holding = new Set<LedgerEntry>();
  readonly waiting = new Set<LedgerEntry>();

  hold(object: SyncObject, fence: number): LedgerEntry {
    const entry = { object, fence, since: Date.now() };
    this.holding.add(entry);
    return entry;
  }

  /** Counts as waiting until `work` has ended. */
  async waitFor<T>(object: SyncObject, work: () => Promise<T>): Promise<T> {
    const entry = { object, since: Date.now() };
    this.waiting.add(entry);
    try {
      return await work();
    } finally {
      this.waiting.delete(entry);
    }
  }
}
