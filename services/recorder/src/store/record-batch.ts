import type { JobEvent, OutputMessage, ReceivedMessage } from '@heddle/contracts';
import { blamesData, ForeignEvent } from './database-error.ts';
import type { Store } from './open-database.ts';
import { deadMessage, type OutgoingMessage, putOutgoing } from './outbox.ts';
import { EventWriter } from './record-events.ts';
import { runTransaction } from './run-transaction.ts';
import type { Tx } from './schema.ts';
import { storeOutput } from './store-output.ts';

/** What one delivery asks to be written. */
export type Item =
  | { readonly kind: 'event'; readonly event: JobEvent; readonly message: ReceivedMessage }
  | { readonly kind: 'output'; readonly output: OutputMessage; readonly message: ReceivedMessage }
  | { readonly kind: 'dead'; readonly outgoing: OutgoingMessage<'heddle.dead'>; readonly reason: string };

const SOURCE = 'heddle.events.recorder';

/** Writes what was delivered, a transaction a batch. */
export class BatchWriter {
  readonly #store: Store;
  readonly events: EventWriter;

  constructor(store: Store) {
    this.#store = store;
    this.events = new EventWriter(store);
  }

  /**
   * Commits all items. What the database refuses is found by halving and goes to `heddle.dead` with the reason, so that
   * it holds up nobody. Gives what went there. Throws when the database itself is in trouble: everything is to be
   * written again later, which doubles nothing.
   */
  async write(items: readonly Item[]): Promise<Extract<Item, { kind: 'dead' }>[]> {
    try {
      await runTransaction(this.#store.db, (tx) => this.#writeAll(tx, items));
    } catch (error) {
      if (!blamesData(error)) throw error;
      if (items.length > 1) {
        const middle = Math.ceil(items.length / 2);
        return [...(await this.write(items.slice(0, middle))), ...(await this.write(items.slice(middle)))];
      }
      const [only] = items;
      if (!only || only.kind === 'dead') throw error;
      return this.write([refuse(only, error as Error)]);
    }
    return items.filter((item) => item.kind === 'dead');
  }

  async #writeAll(tx: Tx, items: readonly Item[]): Promise<void> {
    const events: JobEvent[] = [];
    const dead: OutgoingMessage[] = [];
    for (const item of items) {
      if (item.kind === 'event') events.push(item.event);
      else if (item.kind === 'output') await storeOutput(tx, item.output);
      else dead.push(item.outgoing);
    }
    if (events.length > 0) await this.events.write(tx, events);
    if (dead.length > 0) await putOutgoing(tx, dead);
  }
}

/** What becomes of an item that the database does not take: its message as it came, even if others of its events are fine. */
function refuse(item: Exclude<Item, { kind: 'dead' }>, error: Error): Item {
  const reason = error instanceof ForeignEvent ? error.message : `the database refuses it: ${error.message}`;
  if (item.kind === 'output') return deadItem(item.message, 'output', reason);
  const { type, job } = item.event;
  return deadItem(item.message, 'events', `event ${type} of job ${job}: ${reason}`);
}

export function deadItem(message: ReceivedMessage, kind: 'events' | 'output', reason: string): Item {
  return { kind: 'dead', outgoing: deadMessage(message, kind, SOURCE, reason), reason };
}
