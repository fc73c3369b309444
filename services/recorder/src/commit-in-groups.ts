import { GroupedRequests } from './answer-in-groups.ts';
import { type CommitReply, type CommitRequest, commitStates } from './store/commit-state.ts';
import type { Store } from './store/open-database.ts';
import type { EventWriter } from './store/record-events.ts';

/** Requests of one transaction. */
const MAX_REQUESTS = 50;

/** Commits what workers made of the states of keys. */
export class StateCommitter {
  readonly #groups: GroupedRequests<CommitRequest, CommitReply>;

  /** `onOutgoing` is called when something has come into the outbox. */
  constructor(store: Store, writer: EventWriter, onOutgoing: () => void) {
    this.#groups = new GroupedRequests({
      most: MAX_REQUESTS,
      rowOf: ({ state, key }) => `${state} ${key}`,
      answer: async (requests) => {
        const { replies, hasOutgoing } = await commitStates(store, writer, requests);
        if (writer.takeHasOutgoing() || hasOutgoing) onOutgoing();
        return replies;
      },
    });
  }

  commit(request: CommitRequest): Promise<CommitReply> {
    return this.#groups.ask(request);
  }
}
