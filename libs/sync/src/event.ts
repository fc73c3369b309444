import { randomUUID } from 'node:crypto';
import { Deadline, type Timeout, timeoutMs } from '@heddle/client';
import { type SyncObject, TimeoutError, toSyncMessage } from '@heddle/contracts';
import { ChangeStream } from './event/change-stream.ts';
import { nameObject } from './session/name-object.ts';
import type { SyncSession } from './session/sync-session.ts';

const CONFIRM_MS = 30_000;

/**
 * A flag that processes wait for: `threading.Event`. Its changes are a stream, read from the last one on, so that who comes
 * later knows what it is now, and who waits sees every `set`, even one that is cleared at once or while the connection was
 * lost.
 */
export class Event {
  readonly name: string;
  readonly #session: SyncSession;
  readonly #object: SyncObject;
  readonly #changes: ChangeStream;

  /** Throws `ValueError` for a name other than 1 to 100 letters, digits, `.`, `_`, `:` or `-`. */
  constructor(session: SyncSession, name: string) {
    this.name = name;
    this.#session = session;
    this.#object = nameObject('event', name);
    this.#changes = new ChangeStream(session, this.#object);
  }

  /** Wakes all who wait. Rejects with `broker_unavailable` when it is not sure that the broker has it. */
  set(): Promise<void> {
    return this.#change(true);
  }

  /** From now on `wait` waits again. */
  clear(): Promise<void> {
    return this.#change(false);
  }

  /** What it is: as the broker has it, or, in a cluster, as this process's node has heard of it. */
  async isSet(): Promise<boolean> {
    await this.#changes.catchUp();
    return this.#changes.isSet;
  }

  /**
   * Resolves with true once it is set, with false after `timeout` without that. With no time to wait, or less, it says how
   * it is. Goes on waiting while there is no broker.
   */
  async wait(timeout?: Timeout): Promise<boolean> {
    if (timeoutMs(timeout) <= 0) return await this.isSet();
    const deadline = new Deadline(timeout);
    const { came, forget } = this.#changes.nextSet();
    try {
      await deadline.limit(came, () => 'not set in time');
      return true;
    } catch (error) {
      if (error instanceof TimeoutError) return false;
      throw error;
    } finally {
      forget();
    }
  }

  /** Stops listening: who waits here gets a `RuntimeError`. The next call begins again. */
  async close(): Promise<void> {
    await this.#changes.close();
  }

  async #change(isSet: boolean): Promise<void> {
    await this.#changes.listen();
    const id = randomUUID();
    const message = toSyncMessage(Buffer.from(JSON.stringify({ set: isSet })), id);
    const seen = this.#changes.seen(id);
    await this.#session.broker.publish(this.#object, message, CONFIRM_MS);
    // So that this process reads its own writes.
    await seen;
  }
}
