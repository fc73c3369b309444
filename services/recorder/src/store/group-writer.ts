import { setTimeout } from 'node:timers/promises';
import { isTrouble } from './database-error.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 1_000;
/** For so long those who asked wait for a database that is in trouble; they wait for some seconds more, and ask again. */
const PATIENCE_MS = 5_000;

/**
 * Writes groups of requests, each in one transaction. One that cannot be written must not keep the others from it: after a
 * failure they are written one by one. Not so while the database itself is in trouble: then the group is written again as it
 * is, and given up whole if the trouble lasts. After that each group has one try, until one succeeds.
 */
export class GroupWriter {
  readonly #patienceMs: number;
  /** When the first write began that failed by it, by the clock that only rises, in milliseconds; undefined: there is none. */
  #troubleSince: number | undefined;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** `write` resolves when all of them are committed and answered; `refuse` answers one that is not. Never rejects. */
  async write<T>(
    group: readonly T[],
    write: (some: readonly T[]) => Promise<void>,
    refuse: (one: T, error: unknown) => void,
  ): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, LAST_RETRY_MS)) {
      const began = performance.now();
      try {
        await write(group);
        this.#troubleSince = undefined;
        return;
      } catch (error) {
        if (!isTrouble(error)) return await this.#writeSingly(group, error, write, refuse);
        this.#troubleSince ??= began;
        if (performance.now() - this.#troubleSince >= this.#patienceMs) {
          for (const one of group) refuse(one, error);
          return;
        }
      }
      await setTimeout(waitMs);
    }
  }

  async #writeSingly<T>(
    group: readonly T[],
    error: unknown,
    write: (some: readonly T[]) => Promise<void>,
    refuse: (one: T, error: unknown) => void,
  ): Promise<void> {
    const [only] = group;
    if (only !== undefined && group.length === 1) return refuse(only, error);
    for (const one of group) await this.write([one], write, refuse);
  }
}
