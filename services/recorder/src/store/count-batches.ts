import { eventStates, isTerminal, type TerminalState } from '@heddle/contracts';
import { type Expression, sql } from 'kysely';
import type { JobHistory } from '../merge/merge-events.ts';
import type { BatchRow } from './batch-tables.ts';
import { type OutgoingMessage, putOutgoing } from './outbox.ts';
import type { Tx } from './schema.ts';
import { endWithReduceJob, settleBatch } from './settle-batch.ts';

type Endings = Record<TerminalState, number>;

/**
 * What a transaction's events do to batches. A job counts once, when its row first says both that it belongs to the
 * batch and that it has ended; rows are merged, so an event that comes again finds it counted.
 */
export class BatchChanges {
  readonly #endings = new Map<string, Endings>();
  /** Ids of batches, by their reduce jobs. */
  readonly #reduced = new Map<string, string>();

  /** A job is new or has changed. */
  note(known: JobHistory | undefined, history: JobHistory): void {
    const { batch } = history.origin;
    if (batch === null) return;
    const after = endingOf(history);
    if (after === undefined) return;
    if (batch.index === undefined) {
      if (isTerminal(eventStates[history.outcome.moment.type])) this.#reduced.set(history.id, batch.id);
      return;
    }
    const before = known && endingOf(known);
    if (before === after) return;
    if (before === undefined) this.#add(batch.id, after, 1);
    else if (history.outcome.moment.generation === 0) {
      // A stronger ending came later: the cancelled job had succeeded.
      this.#add(batch.id, before, -1);
      this.#add(batch.id, after, 1);
    }
  }

  #add(id: string, ending: TerminalState, jobs: number): void {
    let endings = this.#endings.get(id);
    if (!endings) {
      endings = { succeeded: 0, failed: 0, dead: 0, cancelled: 0, expired: 0 };
      this.#endings.set(id, endings);
    }
    endings[ending] += jobs;
  }

  /** Whether anything has come into the outbox. */
  async write(tx: Tx, now: number): Promise<boolean> {
    let hasOutgoing = false;
    const put = async (outgoing: readonly OutgoingMessage[]) => {
      await putOutgoing(tx, outgoing);
      hasOutgoing ||= outgoing.length > 0;
    };
    for (const [id, endings] of [...this.#endings].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const batch = await addEndings(tx, id, endings);
      if (batch) await put(await settleBatch(tx, batch, now));
    }
    for (const [job, id] of this.#reduced) await put(await endWithReduceJob(tx, id, job));
    return hasOutgoing;
  }
}

/** How a job counts in its batch; undefined: not yet. One that was replayed has counted before. */
function endingOf({ origin, outcome }: JobHistory): TerminalState | undefined {
  if (origin.batch === null) return undefined;
  const { type, generation } = outcome.moment;
  const state = eventStates[type];
  if (isTerminal(state)) return state;
  return generation > 0 ? 'dead' : undefined;
}

/** The batch with its new counts, locked; undefined if it was deleted. */
async function addEndings(tx: Tx, id: string, endings: Endings): Promise<BatchRow | undefined> {
  const plus = (ending: TerminalState): Expression<number> =>
    sql<number>`${sql.ref(ending)} + cast(${endings[ending]} as bigint)`;
  return await tx
    .updateTable('batches')
    .set({
      succeeded: plus('succeeded'),
      failed: plus('failed'),
      dead: plus('dead'),
      cancelled: plus('cancelled'),
      expired: plus('expired'),
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}
