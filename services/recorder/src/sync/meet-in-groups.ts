import type { BrokerLog, Publisher } from '@heddle/broker';
import { encodeReply, type SyncOutcome } from '@heddle/contracts';
import { GroupedRequests } from '../answer-in-groups.ts';
import type { Store } from '../store/open-database.ts';
import { meetDemands, type SyncRequest } from '../store/sync/meet-demands.ts';
import type { Grant } from '../store/sync/sync-context.ts';

/** Demands of one transaction. */
const MAX_DEMANDS = 50;
const TELL_MS = 5_000;

/**
 * Meets what processes demand of keyed objects. Those who waited for what a transaction made possible are told when it is
 * committed; who misses that asks again.
 */
export class SyncKeeper {
  readonly #publisher: Publisher;
  readonly #log: BrokerLog;
  readonly #groups: GroupedRequests<SyncRequest, SyncOutcome>;

  constructor(store: Store, publisher: Publisher, log: BrokerLog) {
    this.#publisher = publisher;
    this.#log = log;
    this.#groups = new GroupedRequests<SyncRequest, SyncOutcome>({
      most: MAX_DEMANDS,
      rowOf: ({ demand }) => ('object' in demand ? demand.object : ''),
      // Of all objects of a session.
      goesAlone: ({ demand }) => demand.is === 'leave',
      answer: async (requests) => {
        const { outcomes, grants } = await meetDemands(store, requests);
        for (const grant of grants) this.#tell(grant);
        return outcomes;
      },
    });
  }

  meet(request: SyncRequest): Promise<SyncOutcome> {
    return this.#groups.ask(request);
  }

  /** Resolves when all that was demanded is met. */
  drain(): Promise<void> {
    return this.#groups.drain();
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
