import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, SessionChannel } from '@heddle/broker';
import { type Timeout, timeoutMs } from '@heddle/client';
import {
  decodeLockToken,
  encodeLockToken,
  fenceOf,
  HeddleError,
  handOversOf,
  LONGEST_TIMER_MS,
  MAX_PERMITS,
  MAX_TOKEN_PLACES,
  newLockToken,
  type SyncObject,
  type SyncSeed,
  seedOf,
  syncNames,
  ValueError,
} from '@heddle/contracts';
import { farewell } from '../session/farewell.ts';
import { leaveBehind } from '../session/leave-behind.ts';
import type { SyncSession } from '../session/sync-session.ts';
import { throwIfFinal } from '../session/throw-if-final.ts';
import { Lease } from './lease.ts';

/** RabbitMQ takes back what was held for 30 minutes, unless it is set otherwise. */
const LONGEST_HOLD_MS = 25 * 60_000;
const MAX_HOLD_MS = 24 * 3_600_000;
/** How long one attempt waits for a connection, and for the making of the object. */
const PATIENCE_MS = 30_000;
/** What a question that does not wait gets. */
const ASK_MS = 5_000;
/** Between attempts that the broker refuses or loses. */
const PAUSE_MS = 100;
const RECOUNT_MS = 5;

export interface LeaseOptions {
  /** After this the lease is lost. Milliseconds or text; 100 ms to 24 h, default `"25m"`. Above 30 minutes only where the broker's consumer timeout allows it. */
  readonly longestHold?: Timeout;
}

/** How one wait in the line ended. */
type Came = Delivery | 'late' | 'lost';

/**
 * Tokens in a quorum queue. Waiting is consuming, in the order of arrival; holding is an unsettled delivery, which the
 * broker takes back when its channel or connection ends; releasing is returning it, which counts as a hand-over.
 */
export class TokenQueue {
  readonly object: SyncObject;
  readonly #session: SyncSession;
  readonly #longestHold: number;
  readonly #queue: string;
  readonly #seed: SyncSeed;

  constructor(session: SyncSession, object: SyncObject, permits: number, { longestHold }: LeaseOptions) {
    this.#session = session;
    this.object = object;
    this.#seed = seedOf(object, permits);
    this.#queue = syncNames.tokens(object);
    this.#longestHold = longestHold === undefined ? LONGEST_HOLD_MS : timeoutMs(longestHold);
    if (!(this.#longestHold >= 100 && this.#longestHold <= MAX_HOLD_MS)) {
      throw new ValueError(`longestHold: expected 100 ms to 24 h, got ${this.#longestHold} ms`);
    }
  }

  /** A lease, or undefined after `waitMs` without one; 0 does not wait at all. */
  async take(waitMs: number, signal?: AbortSignal): Promise<Lease | undefined> {
    signal?.throwIfAborted();
    return await this.#session.ledger.ask(this.object, signal, (ended) =>
      waitMs === 0 ? this.#takeReady() : this.#waitInLine(waitMs, ended),
    );
  }

  /** Gets a lease again that was released, however long that takes. */
  async retake(lease: Lease): Promise<void> {
    const next = await this.take(Number.POSITIVE_INFINITY);
    if (next) lease.resume(next);
  }

  /** Whether every token is held. What was released by this session is not, from then on; what another one released, a moment later. */
  async allHeld(): Promise<boolean> {
    while ((await this.countReady()) === 0) {
      if (!this.#session.ledger.isPuttingBack(this.object)) return true;
      await pause(RECOUNT_MS);
    }
    return false;
  }

  /** Tokens that nobody holds, as the broker counts them: what is released counts again a moment later. */
  async countReady(): Promise<number> {
    await this.#make(ASK_MS);
    return (await this.#session.broker.countReady(this.#queue, ASK_MS)) ?? 0;
  }

  /** Puts in more tokens. Sends each once: rejects if it is not sure that one has arrived. */
  async add(count: number): Promise<void> {
    await this.#make(PATIENCE_MS);
    const tokens = Array.from({ length: count }, () => {
      // Beyond the places of those that were there from the start.
      const place = MAX_PERMITS + Math.floor(Math.random() * (MAX_TOKEN_PLACES - MAX_PERMITS));
      return this.#session.broker.publish(
        this.object,
        encodeLockToken(newLockToken(place, Date.now())),
        PATIENCE_MS,
      );
    });
    await Promise.all(tokens);
  }

  async #takeReady(): Promise<Lease | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const channel = await this.#openChannel(ASK_MS);
      try {
        // A token that is released is nowhere for a moment: the broker takes it out and puts it in again. By the answer
        // to the first question it is in.
        const delivery = (await channel.get(this.#queue)) ?? (await channel.get(this.#queue));
        if (delivery) return this.#lease(channel, delivery);
        this.#session.channels.give(channel);
        return undefined;
      } catch (error) {
        throwIfFinal(this.#session, this.object, error);
        if (attempt === 3) {
          throw new HeddleError('broker_unavailable', `${this.object} cannot be asked for`, { cause: error });
        }
      }
    }
  }

  async #waitInLine(waitMs: number, signal: AbortSignal | undefined): Promise<Lease | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      try {
        const came = await this.#waitOnce(Math.min(left, PATIENCE_MS), deadline, signal);
        if (came === 'late') return undefined;
        if (came !== 'lost') return came;
        // With its connection or, for all that is known, with its queue.
        this.#session.broker.forget(this.object);
      } catch (error) {
        signal?.throwIfAborted();
        throwIfFinal(this.#session, this.object, error);
      }
      // The line was lost with the connection, or could not be joined: the next attempt stands at its end.
      await pause(PAUSE_MS, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }

  async #waitOnce(
    patienceMs: number,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<Lease | 'late' | 'lost'> {
    const channel = await leaveBehind(this.#openChannel(patienceMs), signal, (late) =>
      this.#session.channels.give(late),
    );
    const came = await this.#standInLine(channel, deadline, signal);
    if (came === 'lost') return came;
    if (came !== 'late') return this.#lease(channel, came);
    await farewell(channel.unsubscribe().then(() => this.#session.channels.give(channel)));
    signal?.throwIfAborted();
    return 'late';
  }

  #standInLine(channel: SessionChannel, deadline: number, signal: AbortSignal | undefined): Promise<Came> {
    if (signal?.aborted) return Promise.resolve('late');
    return new Promise((resolve, reject) => {
      let waiting = true;
      const settle = (how: () => void): void => {
        if (!waiting) return;
        waiting = false;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onLate);
        how();
      };
      const onLate = (): void => settle(() => resolve('late'));
      const left = deadline - performance.now();
      const timer = left > LONGEST_TIMER_MS ? undefined : setTimeout(onLate, Math.max(left, 0));
      signal?.addEventListener('abort', onLate, { once: true });
      // What ends while it joins the line is refused, and the refusal says why.
      let joined = false;
      channel.onEnded = () => {
        if (joined) settle(() => resolve('lost'));
      };
      const subscribed = channel.subscribe({ queue: this.#queue, prefetch: 1 }, (delivery) => {
        if (waiting) settle(() => resolve(delivery));
        else delivery.requeue();
      });
      subscribed.then(
        () => {
          joined = true;
          if (channel.ended) settle(() => resolve('lost'));
        },
        (error: Error) => settle(() => reject(error)),
      );
    });
  }

  #lease(channel: SessionChannel, delivery: Delivery): Lease {
    const { object } = this;
    const token = decodeLockToken(delivery.message);
    if (!token.ok) {
      delivery.reject();
      void channel.close();
      throw new HeddleError('internal_error', `${object}: ${token.reason}`);
    }
    const { permits } = token.value;
    if (permits !== undefined && permits !== this.#seed.count) {
      // It goes back.
      void channel.close();
      throw new ValueError(`${object} exists with ${permits} permits, got ${this.#seed.count}`);
    }
    const fence = fenceOf(token.value, handOversOf(delivery.message));
    return new Lease({
      session: this.#session,
      object,
      channel,
      delivery,
      fence,
      longestHold: this.#longestHold,
    });
  }

  async #openChannel(patienceMs: number): Promise<SessionChannel> {
    await this.#make(patienceMs);
    return await this.#session.channels.take(patienceMs);
  }

  #make(timeoutMs: number): Promise<void> {
    return this.#session.broker.seed(this.#seed, timeoutMs);
  }
}
