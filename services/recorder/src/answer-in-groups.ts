import { setImmediate } from 'node:timers/promises';
import { GroupWriter } from './store/group-writer.ts';

interface Asked<Q, R> {
  readonly request: Q;
  readonly resolve: (reply: R) => void;
  readonly reject: (error: unknown) => void;
}

export interface Grouping<Q, R> {
  /** Requests of one transaction. */
  readonly most: number;
  /** What a request locks: recorders that lock in one order do not wait for each other in a circle. Requests of one row stay in their order. */
  readonly rowOf: (request: Q) => string;
  /** It locks more than one row, so nothing goes with it. */
  readonly goesAlone?: (request: Q) => boolean;
  /** Answers them in one transaction, in their order: an error for each that is refused. Throws where none of them could be answered. */
  readonly answer: (requests: readonly Q[]) => Promise<readonly (R | Error)[]>;
}

/**
 * Requests that are answered in transactions: what comes while one runs goes into the next together, because a commit costs
 * the same for one as for many.
 */
export class GroupedRequests<Q, R> {
  readonly #grouping: Grouping<Q, R>;
  readonly #writer = new GroupWriter();
  #waiting: Asked<Q, R>[] = [];
  #working: Promise<void> | undefined;

  constructor(grouping: Grouping<Q, R>) {
    this.#grouping = grouping;
  }

  ask(request: Q): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when all that was asked is answered. */
  async drain(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    // What arrives in the same burst goes into the same transaction.
    await setImmediate();
    while (this.#waiting.length > 0) {
      await this.#answerGroup(this.#takeGroup());
      // SQLite has kept the event loop from reading the socket.
      await setImmediate();
    }
    this.#working = undefined;
  }

  #takeGroup(): Asked<Q, R>[] {
    const { most, rowOf, goesAlone } = this.#grouping;
    const alone = goesAlone ? this.#waiting.findIndex(({ request }) => goesAlone(request)) : -1;
    if (alone === 0) return this.#waiting.splice(0, 1);
    const count = alone === -1 ? most : Math.min(alone, most);
    return this.#waiting.splice(0, count).toSorted((a, b) => compare(rowOf(a.request), rowOf(b.request)));
  }

  async #answerGroup(group: readonly Asked<Q, R>[]): Promise<void> {
    await this.#writer.write(
      group,
      async (some) => {
        const replies = await this.#grouping.answer(some.map(({ request }) => request));
        for (const [index, { resolve, reject }] of some.entries()) {
          const reply = replies[index] as R | Error;
          if (reply instanceof Error) reject(reply);
          else resolve(reply);
        }
      },
      ({ reject }, error) => reject(error),
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
