import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Broker, type BrokerOptions, openBroker, type ReplyQueue } from '@heddle/broker';
import { RecorderClient } from '@heddle/client';
import {
  type DemandOf,
  decodeReply,
  HeddleError,
  RuntimeError,
  type SyncDemand,
  type SyncOutcome,
  ValueError,
} from '@heddle/contracts';

/** A demand that has a ticket, and may have to wait. */
export type Waitable = DemandOf<'put' | 'get' | 'join' | 'pass' | 'wait'>;

/** How long one question may take. */
const ASK_MS = 5_000;
/** How long the recorder may be away before somebody who does not wait is told. */
const PATIENCE_MS = 30_000;
/** Between attempts while it is away. */
const PAUSE_MS = 200;
/** Who waits looks so often whether the answer passed it by. */
const LOOK_AGAIN_MS = 5_000;
const LEAVE_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
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
  readonly #acked = new Set<string>();
  #closed = false;

  constructor(options: Pick<BrokerOptions, 'url' | 'tls' | 'log' | 'heartbeatSeconds'>) {
    this.#broker = openBroker({ ...options, service: 'sync', instance: `sync-${randomUUID()}` });
    this.#recorder = new RecorderClient(this.#broker);
  }

  /** Demands what is done at once. It may be done twice when the recorder's answer is lost: what must not, has a ticket. */
  async ask(demand: SyncDemand): Promise<SyncOutcome> {
    const patience = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const outcome = await this.#askOnce(demand);
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

  /** Demands, and waits for `waitMs` at most: then the outcome is `cancelled`, or `broken` for a barrier. */
  async waitFor(demand: Waitable, waitMs: number, signal?: AbortSignal): Promise<SyncOutcome> {
    signal?.throwIfAborted();
    const deadline = performance.now() + waitMs;
    const patience = performance.now() + Math.max(waitMs, PATIENCE_MS);
    let asked = demand;
    for (;;) {
      let outcome: SyncOutcome | undefined;
      try {
        outcome = await this.#lookOnce(asked, deadline, signal);
        if (outcome.is !== 'waiting') return this.#heard(demand.ticket, outcome);
        if (asked.is === 'wait' || asked.is === 'pass') asked = { ...asked, known: true };
      } catch (error) {
        this.#judge(error);
        if (performance.now() > patience) throw error;
        await pause(PAUSE_MS);
      }
      const late = performance.now() >= deadline;
      // Who does not wait for its turn waits for the answer all the same.
      if (signal?.aborted || (late && (outcome || waitMs > 0))) return await this.cancel(demand);
    }
  }

  /** Ends the wait for what was demanded; what came meanwhile is the outcome. */
  async cancel({ object, ticket }: Waitable): Promise<SyncOutcome> {
    return await this.ask({ is: 'cancel', object, ticket });
  }

  /** Whatever is held goes back at once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#askOnce({ is: 'leave' }, LEAVE_MS).catch(() => undefined);
    await this.#broker.close();
  }

  async #lookOnce(demand: Waitable, deadline: number, signal: AbortSignal | undefined): Promise<SyncOutcome> {
    const replies = await this.#broker.replies();
    const stop = new AbortController();
    // It listens before it asks: the answer may be overtaken.
    const told = toldOf(replies, demand.ticket, stop.signal);
    try {
      const outcome = await this.#askOnce(demand);
      if (outcome.is !== 'waiting') return outcome;
      const lookAgainAt = Math.min(deadline, performance.now() + LOOK_AGAIN_MS);
      return (await until(told, lookAgainAt, signal)) ?? outcome;
    } finally {
      stop.abort();
    }
  }

  async #askOnce(demand: SyncDemand, timeoutMs = ASK_MS): Promise<SyncOutcome> {
    const { name: session } = await this.#broker.replies();
    const acked = [...this.#acked].slice(0, MOST_ACKED);
    const outcome = await this.#recorder.ask({ op: 'sync', session, acked, demand }, { timeoutMs });
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
    if (!AGAIN.has(error.code)) throw error;
  }
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
