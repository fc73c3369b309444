import type { KeyedObject, SyncOutcome } from '@heddle/contracts';
import { HeddleError } from '@heddle/contracts';
import type { Tx } from '../schema.ts';
import type { SyncObjectRow, SyncTicketRow } from './sync-tables.ts';

/** What somebody who waited is to be told once the transaction is committed. */
export interface Grant {
  readonly session: string;
  readonly ticket: string;
  readonly outcome: SyncOutcome;
}

/** Who asks, and for what: the ticket names the demand. */
export interface Asker {
  readonly session: string;
  readonly ticket: string;
}

/** One transaction over keyed objects. Their rows are locked, changed here, and written at its end. */
export class SyncContext {
  readonly grants: Grant[] = [];
  readonly tx: Tx;
  readonly now: number;
  readonly #shared: boolean;
  /** Of sessions, for people. */
  readonly #names: ReadonlyMap<string, string | undefined>;
  readonly #objects = new Map<KeyedObject, SyncObjectRow>();

  constructor(
    tx: Tx,
    shared: boolean,
    now: number,
    names: ReadonlyMap<string, string | undefined> = new Map(),
  ) {
    this.#names = names;
    this.tx = tx;
    this.#shared = shared;
    this.now = now;
  }

  /** The object, made if there is none. Throws `value_error` if it was made with another size. */
  async open(object: KeyedObject, size: number): Promise<SyncObjectRow> {
    let row = await this.find(object);
    if (!row) {
      const made = { object, size, seq: 0, ready: 0, unfinished: 0, waiting: 0, state: 'open' as const };
      await this.tx
        .insertInto('sync_objects')
        .values({ ...made, updated_at: this.now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      row = await this.find(object);
      if (!row) throw new Error(`${object} was made and is not there`);
    }
    if (row.size !== size) {
      throw new HeddleError('value_error', `${object} exists with size ${row.size}, not ${size}`);
    }
    return row;
  }

  async find(object: KeyedObject): Promise<SyncObjectRow | undefined> {
    const known = this.#objects.get(object);
    if (known) return known;
    const row = await this.tx
      .selectFrom('sync_objects')
      .selectAll()
      .where('object', '=', object)
      .$if(this.#shared, (query) => query.forUpdate())
      .executeTakeFirst();
    if (row) this.#objects.set(object, row);
    return row;
  }

  /** It is there no more, and not to be written. */
  forget(object: KeyedObject): void {
    this.#objects.delete(object);
  }

  async save(): Promise<void> {
    for (const { object, seq, ready, unfinished, waiting, state } of this.#objects.values()) {
      await this.tx
        .updateTable('sync_objects')
        .set({ seq, ready, unfinished, waiting, state, updated_at: this.now })
        .where('object', '=', object)
        .execute();
    }
  }

  /** What has come of a demand that was made before; undefined if it was not. */
  async outcomeOf(ticket: string): Promise<SyncOutcome | undefined> {
    const row = await this.tx
      .selectFrom('sync_tickets')
      .select('outcome')
      .where('id', '=', ticket)
      .executeTakeFirst();
    if (!row) return undefined;
    return row.outcome === null ? { is: 'waiting' } : (JSON.parse(row.outcome) as SyncOutcome);
  }

  /** Stands in the object's line. */
  async wait(
    row: SyncObjectRow,
    { session, ticket }: Asker,
    wants: SyncTicketRow['wants'],
    asked?: object,
  ): Promise<SyncOutcome> {
    row.waiting += 1;
    await this.#keep(row, session, ticket, wants, asked && JSON.stringify(asked), null);
    return { is: 'waiting' };
  }

  /** Remembers what was done, for one who did not hear of it and asks again. */
  async keep(
    row: Pick<SyncObjectRow, 'object' | 'seq'>,
    { session, ticket }: Asker,
    wants: SyncTicketRow['wants'],
    outcome: SyncOutcome,
  ): Promise<void> {
    await this.#keep(row, session, ticket, wants, undefined, outcome);
  }

  /** Those who wait for that, first come first; `limit` null: all. */
  async waiting(
    row: SyncObjectRow,
    wants: SyncTicketRow['wants'],
    limit: number | null,
  ): Promise<SyncTicketRow[]> {
    if (row.waiting === 0) return [];
    return await this.tx
      .selectFrom('sync_tickets')
      .selectAll()
      .where('object', '=', row.object)
      .where('wants', '=', wants)
      .where('ended_at', 'is', null)
      .orderBy('seq')
      .$if(limit !== null, (query) => query.limit(limit ?? 0))
      .execute();
  }

  /** Ends a wait. The outcome is kept until its process has said that it knows, or forgotten at once. */
  async grant(row: SyncObjectRow, ticket: SyncTicketRow, outcome: SyncOutcome, keep = true): Promise<void> {
    row.waiting -= 1;
    this.grants.push({ session: ticket.session, ticket: ticket.id, outcome });
    if (keep) {
      await this.tx
        .updateTable('sync_tickets')
        .set({ outcome: JSON.stringify(outcome), ended_at: this.now, asked: null })
        .where('id', '=', ticket.id)
        .execute();
    } else await this.tx.deleteFrom('sync_tickets').where('id', '=', ticket.id).execute();
  }

  async #keep(
    row: Pick<SyncObjectRow, 'object' | 'seq'>,
    session: string,
    id: string,
    wants: SyncTicketRow['wants'],
    asked: string | undefined,
    outcome: SyncOutcome | null,
  ): Promise<void> {
    row.seq += 1;
    await this.tx
      .insertInto('sync_tickets')
      .values({
        id,
        session,
        object: row.object,
        wants,
        seq: row.seq,
        since: this.now,
        asked: asked ?? null,
        outcome: outcome && JSON.stringify(outcome),
        ended_at: outcome && this.now,
        name: this.#names.get(session) ?? null,
      })
      .execute();
  }
}
