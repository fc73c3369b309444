import { randomUUID } from 'node:crypto';
import { type Timeout, timeoutMs } from '@heddle/client';
import {
  BrokenBarrierError,
  type KeyedObject,
  MAX_PARTIES,
  RuntimeError,
  ValueError,
} from '@heddle/contracts';
import { nameObject } from '../session/name-object.ts';
import type { SyncSession } from '../session/sync-session.ts';
import type { KeyedClient } from './keyed-client.ts';

/**
 * A barrier between processes: `threading.Barrier`. Those who come wait until there are as many as it has parties; then all
 * go on, and it begins anew. A party that gives up or dies breaks it for all: nobody waits for one that will not come.
 */
export class Barrier {
  readonly name: string;
  readonly parties: number;
  readonly #barrier: { readonly object: KeyedObject; readonly parties: number };
  readonly #client: KeyedClient;
  readonly #timeout: Timeout;

  /**
   * `parties`: 1 to 10,000, the same for all who use the name. `timeout`: of each `wait` of this object that is given none. Throws
   * `ValueError` for others, and for a name that is none.
   */
  constructor(
    session: SyncSession,
    name: string,
    parties: number,
    { timeout }: { readonly timeout?: Timeout } = {},
  ) {
    if (!Number.isInteger(parties) || parties < 1 || parties > MAX_PARTIES) {
      throw new ValueError(`parties: expected a whole number from 1 to ${MAX_PARTIES}, got ${parties}`);
    }
    this.name = name;
    this.parties = parties;
    this.#barrier = { object: nameObject('barrier', name), parties };
    timeoutMs(timeout);
    this.#timeout = timeout;
    this.#client = session.keyed;
  }

  /**
   * Waits for the others, and resolves with which one this was to come, from 0 on. Rejects with `BrokenBarrierError` when it is
   * or gets broken; a timeout that is over breaks it.
   */
  async wait(timeout: Timeout = this.#timeout): Promise<number> {
    const demand = { is: 'pass' as const, ...this.#barrier, ticket: randomUUID() };
    const outcome = await this.#client.waitFor(demand, Math.max(timeoutMs(timeout), 0));
    if (outcome.is === 'passed') return outcome.index;
    throw new BrokenBarrierError(`${this.name} is broken`);
  }

  /** Breaks it: who waits, and whoever comes later, gets a `BrokenBarrierError`, until `reset`. */
  async abort(): Promise<void> {
    await this.#look('abort');
  }

  /** Begins anew, unbroken. Who waits gets a `BrokenBarrierError`. */
  async reset(): Promise<void> {
    await this.#look('reset');
  }

  async broken(): Promise<boolean> {
    return (await this.#look('none')).broken;
  }

  /** How many wait. */
  async nWaiting(): Promise<number> {
    return (await this.#look('none')).waiting;
  }

  async #look(change: 'none' | 'abort' | 'reset') {
    const outcome = await this.#client.ask({ is: 'barrier', ...this.#barrier, change });
    if (outcome.is !== 'barrier') throw new RuntimeError(`${this.name}: unexpected answer "${outcome.is}"`);
    return outcome;
  }
}
