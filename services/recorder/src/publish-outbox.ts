import { setTimeout } from 'node:timers/promises';
import type { Broker, BrokerLog, PublishOptions } from '@heddle/broker';
import { HeddleError, type WireMessage } from '@heddle/contracts';
import type { Store } from './store/open-database.ts';
import {
  type ClaimedMessage,
  claimOutgoing,
  forgetOutgoing,
  postponeOutgoing,
  releaseClaims,
} from './store/outbox.ts';

const MESSAGES_AT_ONCE = 100;
const PUBLISH_TIMEOUT_MS = 10_000;
/** Longer than a publish may take, so that two recorders send the same message only if one of them has died. */
const CLAIM_MS = 20_000;
/** How soon messages are found that nobody here has put there: another recorder's, or those of one that died. */
const LOOK_EVERY_MS = 1_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A message that can never be sent is kept for a person to look at. */
const HOPELESS_RETRY_MS = 3_600_000;

/** Publishes what transactions have put into the outbox, and forgets it once the broker has confirmed it. */
export class OutboxPublisher {
  readonly #store: Store;
  readonly #broker: Pick<Broker, 'publisher' | 'publishLater'>;
  readonly #log: BrokerLog;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  constructor(store: Store, broker: Pick<Broker, 'publisher' | 'publishLater'>, log: BrokerLog) {
    this.#store = store;
    this.#broker = broker;
    this.#log = log;
  }

  async start(): Promise<void> {
    await releaseClaims(this.#store);
    this.#running = this.#run();
  }

  /** There is something new in the outbox. */
  nudge(): void {
    this.#wake.abort();
  }

  /** Resolves when what is being published is settled. What is left is sent by the next process. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController();
      if (this.#stopped.signal.aborted) return;
      // Where there were some there may be more: a claim takes only so many, and so many bytes.
      if ((await this.#publishSome()) > 0) continue;
      await setTimeout(LOOK_EVERY_MS, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
  }

  /** How many messages were taken up. */
  async #publishSome(): Promise<number> {
    try {
      const messages = await claimOutgoing(this.#store, MESSAGES_AT_ONCE, CLAIM_MS, Date.now());
      const sent = await Promise.all(messages.map((message) => this.#publish(message)));
      await forgetOutgoing(
        this.#store.db,
        messages.filter((_, index) => sent[index]).map((message) => message.id),
      );
      return messages.length;
    } catch (error) {
      this.#log.error({ err: error }, 'cannot read the outbox');
      return 0;
    }
  }

  /** Whether the broker has confirmed it; if not, it is put back. */
  async #publish(outgoing: ClaimedMessage): Promise<boolean> {
    try {
      const options = { mandatory: outgoing.mandatory, timeoutMs: PUBLISH_TIMEOUT_MS, failFast: true };
      await this.#send(outgoing, options);
      return true;
    } catch (error) {
      const hopeless = !(error instanceof HeddleError && error.retryable);
      const wait = hopeless
        ? HOPELESS_RETRY_MS
        : Math.min(FIRST_RETRY_MS * 2 ** outgoing.tries, LAST_RETRY_MS);
      await postponeOutgoing(this.#store.db, outgoing, Date.now() + wait);
      this.#log.warn(
        { err: error, exchange: outgoing.exchange, retryInMs: wait },
        'cannot publish from the outbox',
      );
      return false;
    }
  }

  #send({ exchange, routingKey, message, dueAt }: ClaimedMessage, options: PublishOptions): Promise<void> {
    if (dueAt === undefined) return this.#broker.publisher.publish(exchange, routingKey, message, options);
    const delayMs = Math.max(0, dueAt - Date.now());
    return this.#broker.publishLater(message as WireMessage<'job'>, routingKey, delayMs, options);
  }
}
