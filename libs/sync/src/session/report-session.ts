import type { BrokerLog } from '@heddle/broker';
import type { KeyedClient } from '../keyed/keyed-client.ts';
import type { Ledger } from './ledger.ts';

const LOOK_EVERY_MS = 1_000;
/** What is held or waited for not even so long is nobody's business. */
const WORTH_TELLING_MS = 1_000;
const MOST = 1_000;
/** While nobody answers it is told less and less often, but at least so often. */
const LONGEST_REST_MS = 30_000;

/** What is told of a session; asked for the keyed client, it makes connections. */
interface Reported {
  readonly name: string;
  readonly ledger: Ledger;
  readonly log: BrokerLog;
  readonly keyed: KeyedClient;
}

/**
 * Tells the recorder, once a second, what this session holds and waits for, if there is anything that has lasted for a moment; it
 * answers which waits are part of a deadlock. Without a recorder there is no such help, and nothing else is different.
 */
export class SessionReporter {
  readonly #session: Reported;
  readonly #timer: NodeJS.Timeout;
  #told = false;
  #telling = false;
  /** After a failure; the next one makes it twice as long. */
  #restMs = 0;
  #restUntil = 0;

  constructor(session: Reported) {
    this.#session = session;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    return Promise.resolve();
  }

  async #look(): Promise<void> {
    const { ledger, name, log } = this.#session;
    const now = Date.now();
    const lasting = (entry: { since: number }): boolean => now - entry.since >= WORTH_TELLING_MS;
    const holding = [...ledger.holding].filter(lasting).slice(0, MOST);
    const waiting = [...ledger.waiting].filter(lasting).slice(0, MOST);
    if (this.#telling || now < this.#restUntil || (!this.#told && holding.length + waiting.length === 0))
      return;
    this.#telling = true;
    try {
      const outcome = await this.#session.keyed.tell({
        is: 'report',
        name,
        holding: holding.map(({ object, fence = 0, since }) => ({ object, fence, ageMs: now - since })),
        waiting: waiting.map(({ id, object, since, holds }) => ({
          id,
          object,
          ageMs: now - since,
          holds: holds.filter(({ lease }) => lease?.held === true).map((claim) => claim.object),
        })),
      });
      this.#restMs = 0;
      this.#told = holding.length + waiting.length > 0;
      if (outcome.is === 'reported')
        for (const { wait, circle } of outcome.refused) ledger.refuse(wait, circle);
    } catch (error) {
      this.#restMs = Math.min(Math.max(this.#restMs * 2, LOOK_EVERY_MS), LONGEST_REST_MS);
      this.#restUntil = Date.now() + this.#restMs;
      log.debug({ err: error }, 'the recorder does not know what this session waits for');
    } finally {
      this.#telling = false;
    }
  }
}
