import type { KeyState } from '@heddle/contracts';
import { GroupedRequests } from './answer-in-groups.ts';
import { type CommitReply, type CommitRequest, commitStates } from './store/commit-state.ts';
import { KeyStateRows, nameOf, type StateKey } from './store/key-state-rows.ts';
import type { Store } from './store/open-database.ts';
import type { EventWriter } from './store/record-events.ts';

/** Requests of one transaction. */
const MAX_REQUESTS = 50;
/** States of one look. They may be large. */
const MAX_READS = 50;

/** Reads states of keys for workers, and commits what they made of them. */
export class StateCommitter {
  readonly #groups: GroupedRequests<CommitRequest, CommitReply>;
  readonly #reads: GroupedRequests<StateKey, KeyState>;

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
    this.#reads = new GroupedRequests({
      most: MAX_READS,
      rowOf: nameOf,
      answer: (keys) => KeyStateRows.of(store).read(keys),
    });
  }

  /** Version 0 if there is none. */
  read(state: string, key: string): Promise<KeyState> {
    return this.#reads.ask({ name: state, key });
  }

  commit(request: CommitRequest): Promise<CommitReply> {
    return this.#groups.ask(request);
  }
}
