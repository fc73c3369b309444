import type { Broker, BrokerLog } from '@heddle/broker';
import { encodeReply, HeddleError } from '@heddle/contracts';
import { type Repetition, repeatWork } from '../repeat-work.ts';
import type { Database } from '../store/schema.ts';
import { forgetReports } from '../store/sync/keep-report.ts';
import { forgetOutcomes, readSessions } from '../store/sync/sweep-sync.ts';
import type { SyncKeeper } from './meet-in-groups.ts';

const LOOK_EVERY_MS = 1_000;
/** What is over is forgotten once in so many looks. */
const LOOKS_UNTIL_FORGOTTEN = 60;
/** How long a session may be without its connection: most come back sooner. */
const GRACE_MS = 2_000;
/** After the broker was away, everybody comes back, and not at once: up to 5 s pass between attempts to connect, and each takes a while. */
const SETTLING_MS = 8_000;
const PING_MS = 2_000;
const PINGS_AT_ONCE = 200;
/** A process that has not heard of an outcome asks again within seconds, and gives up within minutes. */
const KEEP_OUTCOMES_MS = 15 * 60_000;

/**
 * Finds out who is alive: a session is its queue of replies, which is exclusive to its connection and goes with it, at once
 * when its process is killed, after two heartbeats when it is frozen. A message to a queue that is gone comes back.
 */
export class SessionWatch {
  readonly #db: Database;
  readonly #broker: Broker;
  readonly #keeper: SyncKeeper;
  readonly #log: BrokerLog;
  /** Since when a session has no queue. */
  #missing = new Map<string, number>();
  #trustedFrom = Date.now() + SETTLING_MS;
  #repetition: Repetition | undefined;
  #forgetReconnect: (() => void) | undefined;

  constructor(db: Database, broker: Broker, keeper: SyncKeeper, log: BrokerLog) {
    this.#db = db;
    this.#broker = broker;
    this.#keeper = keeper;
    this.#log = log;
  }

  start(): void {
    this.#forgetReconnect = this.#broker.onReconnect(() => this.#settle());
    this.#repetition = repeatWork({
      everyMs: LOOK_EVERY_MS,
      round: (count, stopped) => this.#round(count, stopped),
      onError: (error) => this.#log.error({ err: error }, 'cannot look after the sessions of the toolbox'),
    });
  }

  async stop(): Promise<void> {
    this.#forgetReconnect?.();
    await this.#repetition?.stop();
  }

  async #round(count: number, stopped: AbortSignal): Promise<undefined> {
    await this.#look(stopped);
    if (count % LOOKS_UNTIL_FORGOTTEN !== 0) return;
    await forgetOutcomes(this.#db, Date.now() - KEEP_OUTCOMES_MS);
    await forgetReports(this.#db, Date.now());
  }

  async #look(stopped: AbortSignal): Promise<void> {
    const sessions = await readSessions(this.#db);
    const missing = new Map<string, number>();
    for (let from = 0; from < sessions.length && !stopped.aborted; from += PINGS_AT_ONCE) {
      const some = sessions.slice(from, from + PINGS_AT_ONCE);
      const here = await Promise.all(some.map((session) => this.#isHere(session)));
      for (const [index, session] of some.entries()) {
        if (here[index] === false) missing.set(session, this.#missing.get(session) ?? Date.now());
      }
    }
    this.#missing = missing;
    const now = Date.now();
    if (now < this.#trustedFrom) return;
    for (const [session, since] of missing) {
      if (now - since < GRACE_MS) continue;
      this.#log.info({ session }, 'a session of the toolbox has ended; what it had taken is given back');
      await this.#keeper.meet({ session, acked: [], demand: { is: 'leave' } });
      missing.delete(session);
    }
  }

  /** Undefined: nobody knows. */
  async #isHere(session: string): Promise<boolean | undefined> {
    const ping = encodeReply('sync', { ok: true, value: { is: 'waiting' } }, 'ping');
    try {
      await this.#broker.publisher.publish('heddle.replies', session, ping, {
        mandatory: true,
        timeoutMs: PING_MS,
        failFast: true,
      });
      return true;
    } catch (error) {
      if (error instanceof HeddleError && error.code === 'publish_returned') return false;
      this.#settle();
      return undefined;
    }
  }

  #settle(): void {
    this.#trustedFrom = Date.now() + SETTLING_MS;
    this.#missing.clear();
  }
}
