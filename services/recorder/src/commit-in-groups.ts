import { setImmediate } from 'node:timers/promises';
import { type CommitReply, type CommitRequest, commitStates } from './store/commit-state.ts';
import type { Store } from './store/open-database.ts';
import type { EventWriter } from './store/record-events.ts';

/** Requests of one transaction. */
const MAX_REQUESTS = 50;

interface Asked {
  readonly request: CommitRequest;
  readonly resolve: (reply: CommitReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits what workers made of the states of keys: what comes while a transaction runs goes into the next one together,
 * because a commit costs the same for one key as for many.
 */
export class StateCommitter {
  readonly #store: Store;
  readonly #writer: EventWriter;
  readonly #onOutgoing: () => void;
  #waiting: Asked[] = [];
  #working = false;

  /** `onOutgoing` is called when something has come into the outbox. */
  constructor(store: Store, writer: EventWriter, onOutgoing: () => void) {
    this.#store = store;
    this.#writer = writer;
    this.#onOutgoing = onOutgoing;
  }

  commit(request: CommitRequest): Promise<CommitReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    // What arrives in the same burst goes into the same transaction.
    await setImmediate();
    while (this.#waiting.length > 0) {
      await this.#commitGroup(this.#waiting.splice(0, MAX_REQUESTS));
      await setImmediate();
    }
    this.#working = false;
  }

  async #commitGroup(group: readonly Asked[]): Promise<void> {
    // Recorders that lock keys in one order do not wait for each other in a circle. Those of one key stay in theirs.
    const sorted = group.toSorted((a, b) => compare(rowOf(a.request), rowOf(b.request)));
    try {
      const requests = sorted.map(({ request }) => request);
      const { replies, hasOutgoing } = await commitStates(this.#store, this.#writer, requests);
      if (this.#writer.takeHasOutgoing() || hasOutgoing) this.#onOutgoing();
      for (const [index, { resolve }] of sorted.entries()) resolve(replies[index] as CommitReply);
    } catch (error) {
      if (group.length === 1) return sorted[0]?.reject(error);
      // One that cannot be written must not keep the others from it.
      for (const asked of sorted) await this.#commitGroup([asked]);
    }
  }
}

function rowOf({ state, key }: CommitRequest): string {
  return `${state} ${key}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
