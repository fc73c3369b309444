import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Broker,
  type BrokerOptions,
  openBroker,
  type ReplyQueue,
  replyCode,
  replyCodeOf,
} from '@heddle/broker';
import { RecorderClient } from '@heddle/client';
import {
  type DemandOf,
  decodeReply,
  HeddleError,
  LONGEST_TIMER_MS,
  RuntimeError,
  type SyncDemand,
  type SyncOutcome,
  ValueError,
} from '@heddle/contracts';

/** A demand that has a ticket, and may have to wait. */
export type Waitable = DemandOf<'put' | 'get' | 'join' | 'pass' | 'wait'>;

/** What has come of it; `unheard`: the recorder has not answered in time, and nobody knows. */
export type Waited = SyncOutcome | { readonly is: 'unheard' };

/** How long one question may take. */
const ASK_MS = 5_000;
/** How long the recorder may be away before somebody who does not wait is told. */
const PATIENCE_MS = 30_000;
/** Between attempts while it is away. */
const PAUSE_MS = 200;
/** The least time that the recorder has to answer somebody who waits for less. */
const HEARING_MS = 2_000;
/** How long it is tried to take back what was given up unheard: the recorder remembers outcomes for so long. */
const TAKE_BACK_MS = 15 * 60_000;
/** Who waits looks so often whether the answer passed it by. */
const LOOK_AGAIN_MS = 5_000;
const LEAVE_MS = 1_000;
const MOST_ACKED = 500;

/** What passes, or would not tell whether the demand was met. */
const AGAIN = new Set([
  'recorder_unavailable',
  'broker_unavailable',
  'broker_blocked',
  'confirm_timeout',
  'overloaded',
  'publish_nacked',
  'publish_returned',
]);

/** Asks the recorder for what the broker cannot say exactly. Its queue of replies is what the recorder knows this process by. */
export class KeyedClient {
  readonly #broker: Broker;
  readonly #recorder: RecorderClient;
  readonly #name: string;
  readonly #acked = new Set<string>();
  #closed = false;

  /** `name`: of the session, for people. */
  constructor({
    name,
    ...options
  }: Pick<BrokerOptions, 'url' | 'tls' | 'log' | 'heartbeatSeconds'> & { readonly name: string }) {
    this.#name = name;
    this.#broker = openBroker({ ...options, service: 'sync', instance: `sync-${randomUUID()}` });
    this.#recorder = new RecorderClient(this.#broker);
  }

  /** Demands what is done at once. It may be done twice when the recorder's answer is lost: what must not, has a ticket. */
  async ask(demand: SyncDemand, patienceMs = PATIENCE_MS): Promise<SyncOutcome> {
    const patience = performance.now() + patienceMs;
    for (;;) {
      try {
        const leftMs = Math.max(1, Math.ceil(patience - performance.now()));
        const outcome = await this.#askOnce(demand, Math.min(leftMs, ASK_MS));
        return 'ticket' in demand ? this.#heard(demand.ticket, outcome) : outcome;
      } catch (error) {
        this.#judge(error);
        if (performance.now() > patience) throw error;
      }
      await pause(PAUSE_MS);
    }
  }

  /** Demands once. */
  async tell(demand: SyncDemand): Promise<SyncOutcome> {
    return await this.#askOnce(demand);
  }

  /**
   * Demands, and waits for `waitMs` at most: then the outcome is `cancelled`, or `broken` for a barrier. When the recorder is away, who
   * has a limit is not kept for longer than that, or two seconds: `unheard`, and what may have been got is given back later.
   */
  async waitFor(demand: Waitable, waitMs: number, signal?: AbortSignal): Promise<Waited> {
    signal?.throwIfAborted();
    const began = performance.now();
    const deadline = began + waitMs;
    const patience = began + Math.max(waitMs, PATIENCE_MS);
    const heardBy = waitMs > 0 ? Math.max(deadline, began + HEARING_MS) : patience;
    let asked = demand;
    for (;;) {
      let outcome: SyncOutcome | undefined;
      try {
        outcome = await this.#lookOnce(asked, { deadline, heardBy, signal });
        if (outcome && outcome.is !== 'waiting') return this.#heard(demand.ticket, outcome);
        if (outcome && (asked.is === 'wait' || asked.is === 'pass')) asked = { ...asked, known: true };
      } catch (error) {
        this.#judge(error);
        if (performance.now() > patience) throw error;
        await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
      const now = performance.now();
      // Who does not wait for its turn waits for the answer all the same.
      if (outcome && (signal?.aborted || now >= deadline)) return await this.#giveUp(demand);
      if (signal?.aborted || (waitMs > 0 && now >= heardBy)) {
        void this.#takeBack(demand);
        return { is: 'unheard' };
      }
    }
  }

  /**
   * Demands what begins to wait. False: the recorder was away for longer than `waitMs`, or two seconds, and nothing waits. Without a
   * limit it rejects then.
   */
  async begin(demand: Waitable, waitMs: number): Promise<boolean> {
    if (waitMs === Number.POSITIVE_INFINITY) {
      await this.ask(demand);
      return true;
    }
    try {
      await this.ask(demand, Math.max(waitMs, HEARING_MS));
      return true;
    } catch (error) {
      if (!isAway(error)) throw error;
      void this.#takeBack(demand);
      return false;
    }
  }

  /** Ends the wait for what was demanded; what came meanwhile is the outcome. */
  async cancel(demand: Waitable): Promise<SyncOutcome> {
    return await this.ask(cancelOf(demand));
  }

  /** Whatever is held goes back at once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#askOnce({ is: 'leave' }, LEAVE_MS).catch(() => undefined);
    await this.#broker.close();
  }

  /** Undefined: nothing was heard in time, or before the signal. */
  async #lookOnce(
    demand: Waitable,
    { deadline, heardBy, signal }: { deadline: number; heardBy: number; signal: AbortSignal | undefined },
  ): Promise<SyncOutcome | undefined> {
    const replies = await until(this.#broker.replies(), heardBy, signal);
    if (!replies) return undefined;
    const stop = new AbortController();
    // It listens before it asks: the answer may be overtaken.
    const told = toldOf(replies, demand.ticket, stop.signal);
    try {
      const leftMs = Math.max(1, Math.ceil(heardBy - performance.now()));
      const outcome = await until(this.#askOnce(demand, Math.min(leftMs, ASK_MS)), heardBy, signal);
      if (outcome?.is !== 'waiting') return outcome;
      const lookAgainAt = Math.min(deadline, performance.now() + LOOK_AGAIN_MS);
      return (await until(told, lookAgainAt, signal)) ?? outcome;
    } finally {
      stop.abort();
    }
  }

  /** Ends a wait that the recorder knows of. */
  async #giveUp(demand: Waitable): Promise<Waited> {
    try {
      return await this.ask(cancelOf(demand), HEARING_MS);
    } catch (error) {
      if (!isAway(error)) throw error;
      void this.#takeBack(demand);
      return { is: 'unheard' };
    }
  }

  /** Nobody waits for it any more: an item that was got goes back, and a wake-up to somebody else. What was put stays. */
  async #takeBack(demand: Waitable): Promise<void> {
    const { object, ticket } = demand;
    try {
      const outcome = await this.ask(cancelOf(demand), TAKE_BACK_MS);
      if (outcome.is === 'woken') await this.ask({ is: 'notify', object, count: 1 }, TAKE_BACK_MS);
      if (outcome.is === 'got' && demand.is === 'get') {
        const taken = [{ item: outcome.item, ticket }];
        const { maxsize } = demand;
        await this.ask({ is: 'give-back', object, maxsize, taken, ticket: randomUUID() }, TAKE_BACK_MS);
      }
    } catch {
      // The session was closed: with it, all goes back.
    }
  }

  async #askOnce(demand: SyncDemand, timeoutMs = ASK_MS): Promise<SyncOutcome> {
    const { name: session } = await this.#broker.replies();
    const acked = [...this.#acked].slice(0, MOST_ACKED);
    const outcome = await this.#recorder.ask(
      { op: 'sync', session, name: this.#name, acked, demand },
      { timeoutMs },
    );
    for (const ticket of acked) this.#acked.delete(ticket);
    return outcome;
  }

  /** The recorder may forget it: said with the next question. (Who dies before that has one wake-up too many given to others.) */
  #heard(ticket: string, outcome: SyncOutcome): SyncOutcome {
    if (outcome.is !== 'got' && outcome.is !== 'waiting') this.#acked.add(ticket);
    return outcome;
  }

  /** Throws what another attempt does not mend. */
  #judge(error: unknown): void {
    if (this.#closed) throw new RuntimeError('the session is closed', { cause: error });
    if (!(error instanceof HeddleError)) throw error;
    if (error.code === 'value_error' || error.code === 'invalid_request') {
      throw new ValueError(error.message);
    }
    if (replyCodeOf(error.cause) === replyCode.accessRefused) {
      throw new RuntimeError('the broker refuses what the recorder is asked', { cause: error });
    }
    if (!AGAIN.has(error.code)) throw error;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof HeddleError && AGAIN.has(error.code);
}

function cancelOf({ object, ticket }: Waitable): DemandOf<'cancel'> {
  return { is: 'cancel', object, ticket };
}

/** The outcome when the recorder tells it by itself; undefined when that did not come. */
async function toldOf(
  replies: ReplyQueue,
  ticket: string,
  signal: AbortSignal,
): Promise<SyncOutcome | undefined> {
  try {
    const reply = decodeReply<'sync'>(await replies.wait(ticket, LOOK_AGAIN_MS * 2, signal));
    return reply.ok && reply.value.ok ? reply.value.value : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when the time has come first, or the signal. */
async function until<T>(
  work: Promise<T>,
  at: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  let end: () => void = () => undefined;
  const late = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
  });
  const timer = setTimeout(end, Math.min(Math.max(at - performance.now(), 0), LONGEST_TIMER_MS));
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}
