import { randomUUID } from 'node:crypto';
import type { KeyedKind, KeyedObject, SyncDemand, SyncOutcome } from '@heddle/contracts';
import type { Store } from '../src/store/open-database.ts';
import { meetDemands } from '../src/store/sync/meet-demands.ts';

/** What a process does with keyed objects, straight to the database; what it is told without having asked is in `told`. */
export class KeyedUser {
  readonly session: string;
  readonly name: string;
  readonly #stores: readonly Store[];
  readonly #told: Map<string, SyncOutcome>;
  #asked = 0;

  /** `told`: shared by all users of a database, because who is told is another one than who asked. */
  constructor(stores: readonly Store[], name: string, told: Map<string, SyncOutcome>) {
    this.session = `heddle.replies.${name}-${randomUUID()}`;
    this.name = name;
    this.#stores = stores;
    this.#told = told;
  }

  /** Asks one recorder after the other. Throws what the demand was refused with. */
  async ask(demand: SyncDemand, acked: readonly string[] = []): Promise<SyncOutcome> {
    const store = this.#stores[this.#asked++ % this.#stores.length];
    if (!store) throw new Error('expected an open database');
    const request = { session: this.session, name: this.name, acked, demand };
    const { outcomes, grants } = await meetDemands(store, [request]);
    for (const { ticket, outcome } of grants) this.#told.set(ticket, outcome);
    const [outcome] = outcomes;
    if (!outcome || outcome instanceof Error) throw outcome ?? new Error('expected an outcome');
    return outcome;
  }

  /** What a ticket that waited was told; undefined if nothing yet. */
  told(ticket: string): SyncOutcome | undefined {
    return this.#told.get(ticket);
  }
}

/** An object of a name that nobody else has. */
export function anyObject(kind: KeyedKind): KeyedObject {
  return `${kind}.${randomUUID()}`;
}
