import { setImmediate } from 'node:timers/promises';
import type { BrokerLog, Publisher } from '@heddle/broker';
import { encodeReply, HeddleError, type SyncDemand, type SyncOutcome } from '@heddle/contracts';
import type { Store } from '../store/open-database.ts';
import { meetDemands, type SyncRequest } from '../store/sync/meet-demands.ts';
import type { Grant } from '../store/sync/sync-context.ts';

/** Demands of one transaction. */
const MAX_DEMANDS = 50;
const TELL_MS = 5_000;

interface Asked {
  readonly request: SyncRequest;
  readonly resolve: (outcome: SyncOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Meets what processes demand of keyed objects: what comes while a transaction runs goes into the next one together. Those
 * who waited for what a transaction made possible are told when it is committed; who misses that asks again.
 */
export class SyncKeeper {
  readonly #store: Store;
  readonly #publisher: Publisher;
  readonly #log: BrokerLog;
  #waiting: Asked[] = [];
  #working: Promise<void> | undefined;

  constructor(store: Store, publisher: Publisher, log: BrokerLog) {
    this.#store = store;
    this.#publisher = publisher;
    this.#log = log;
  }

  meet(request: SyncRequest): Promise<SyncOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#working ??= this.#work().finally(() => (this.#working = undefined));
    });
  }

  /** Resolves when all that was demanded is met. */
  async drain(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // What arrives in the same burst goes into the same transaction.
    await setImmediate();
    while (this.#waiting.length > 0) {
      await this.#meetGroup(this.#takeGroup());
      await setImmediate();
    }
  }

  /** In the order of their objects, so that recorders do not wait for each other in a circle. One that concerns several goes alone. */
  #takeGroup(): Asked[] {
    const alone = this.#waiting.findIndex(({ request }) => request.demand.is === 'leave');
    if (alone === 0) return this.#waiting.splice(0, 1);
    const count = alone === -1 ? MAX_DEMANDS : Math.min(alone, MAX_DEMANDS);
    return this.#waiting
      .splice(0, count)
      .toSorted((a, b) => compare(objectOf(a.request.demand), objectOf(b.request.demand)));
  }

  async #meetGroup(group: readonly Asked[]): Promise<void> {
    try {
      const { outcomes, grants } = await meetDemands(
        this.#store,
        group.map(({ request }) => request),
      );
      for (const grant of grants) this.#tell(grant);
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined || outcome instanceof HeddleError) reject(outcome);
        else resolve(outcome);
      }
    } catch (error) {
      const [only] = group;
      if (only && group.length === 1) return only.reject(error);
      // One that cannot be met must not keep the others from it.
      for (const asked of group) await this.#meetGroup([asked]);
    }
  }

  #tell({ session, ticket, outcome }: Grant): void {
    const message = encodeReply('sync', { ok: true, value: outcome }, ticket);
    this.#publisher
      .publish('heddle.replies', session, message, { timeoutMs: TELL_MS, failFast: true })
      .catch((error: unknown) =>
        this.#log.debug({ err: error }, 'a waiter could not be told; it asks again'),
      );
  }
}

function objectOf(demand: SyncDemand): string {
  return 'object' in demand ? demand.object : '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
