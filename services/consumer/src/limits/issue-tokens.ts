import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, BrokerLog, Consumer, Delivery } from '@heddle/broker';
import {
  decodeToken,
  encodeControl,
  encodeToken,
  ledgerQueue,
  queues,
  type TokenLimit,
  tokenKeys,
  tokenQueue,
} from '@heddle/contracts';

/** Tokens that are too many are taken before anybody else gets them. */
const COLLECTING_PRIORITY = 20;
const AGAIN_AFTER_MS = 1_000;
const { prefetch } = queues['heddle.ledger.<limit>'];

interface Issuer {
  readonly broker: Pick<Broker, 'consume' | 'publisher' | 'publishOnce'>;
  readonly limit: TokenLimit;
  readonly log: BrokerLog;
  /** Only if there is no token at all: for a broker that has lost its queues. */
  readonly ifNone: boolean;
  onDone(): void;
}

/**
 * Brings the number of a limit's tokens to what this worker's task says. The ledger queue has an entry for each token, put
 * there by the same publish, and delivers to one worker at a time: that one holds all entries, and so knows how many tokens
 * there are, whoever uses them. What was begun by a worker that went is found in the ledger by the next.
 */
export class TokenIssuer {
  readonly #issuer: Issuer;
  readonly #id = randomUUID();
  #consumer: Consumer | undefined;
  #collector: Consumer | undefined;
  /** Everything that was delivered, in order. */
  #entries: Delivery[] = [];
  #olderWishes: Delivery[] = [];
  #wish: Delivery | undefined;
  #mark: string | undefined;
  /** The first of this turn that is kept; when it is lost, so is the turn. */
  #first: Delivery | undefined;
  #isDone = false;

  constructor(issuer: Issuer) {
    this.#issuer = issuer;
  }

  /** Resolves when the wish is on the ledger; the rest follows when it is this worker's turn. */
  async start(): Promise<void> {
    const { broker, limit, ifNone } = this.#issuer;
    const wish = encodeToken({ type: 'wanted', count: limit.count, ifNone, by: this.#id });
    await broker.publisher.publish('heddle.tokens', tokenKeys(limit.name).ledger, wish);
    await this.#consume();
  }

  async #consume(): Promise<void> {
    if (this.#isDone) return;
    const { broker, limit } = this.#issuer;
    this.#mark = undefined;
    this.#consumer = await broker.consume(ledgerQueue(limit.name), { prefetch }, (delivery) =>
      this.#onDelivery(delivery),
    );
    if (this.#isDone) await this.stop();
  }

  async stop(): Promise<void> {
    this.#isDone = true;
    await Promise.all([this.#collector?.close(), this.#consumer?.close()]);
  }

  #onDelivery(delivery: Delivery): void {
    if (this.#isDone) return;
    if (this.#mark === undefined || this.#first?.lost) this.#begin();
    const decoded = decodeToken(delivery.message);
    if (!decoded.ok) return delivery.ack();
    const message = decoded.value;
    if (message.type !== 'mark') this.#first ??= delivery;
    if (message.type === 'token') {
      this.#entries.push(delivery);
    } else if (message.by === this.#id && message.type === 'wanted') {
      this.#wish = delivery;
    } else if (message.type === 'wanted') {
      // One that is newer stays, for the worker that it comes from.
      if (!this.#wish) this.#olderWishes.push(delivery);
    } else {
      delivery.ack();
      if (message.by === this.#mark) this.#settle();
    }
  }

  /** It is this worker's turn: the entries of all before it lie in front of this mark. */
  #begin(): void {
    this.#first = undefined;
    this.#entries = [];
    this.#olderWishes = [];
    this.#wish = undefined;
    const mark = randomUUID();
    this.#mark = mark;
    const { broker, limit } = this.#issuer;
    const message = encodeToken({ type: 'mark', by: mark });
    broker.publisher
      .publish('heddle.tokens', tokenKeys(limit.name).ledger, message)
      .catch((error: unknown) => this.#giveUp(error));
  }

  #settle(): void {
    // Without a wish of one's own: a newer worker's was fulfilled.
    const work = this.#wish ? this.#fulfil() : this.#finish();
    work.catch((error: unknown) => this.#giveUp(error));
  }

  async #fulfil(): Promise<void> {
    const { broker, limit, log, ifNone } = this.#issuer;
    const there = this.#entries.length;
    const missing = ifNone && there > 0 ? 0 : limit.count - there;
    if (missing > 0) {
      const token = encodeToken({ type: 'token' });
      await broker.publishOnce(
        'heddle.tokens',
        tokenKeys(limit.name).issue,
        Array.from({ length: missing }, () => token),
      );
    }
    if (missing !== 0)
      log.info({ limit: limit.name, tokens: limit.count, before: there }, 'the number of tokens changes');
    if (missing < 0) await this.#collect(-missing);
    else await this.#finish();
  }

  /** Takes tokens out, as they come back from their jobs. */
  async #collect(surplus: number): Promise<void> {
    const { broker, limit } = this.#issuer;
    let left = surplus;
    this.#collector = await broker.consume(
      tokenQueue(limit.name),
      { prefetch: surplus, priority: COLLECTING_PRIORITY },
      (token) => {
        const entry = this.#entries.pop();
        if (this.#isDone || left === 0 || !entry || entry.lost) {
          token.requeue();
          void this.#collector?.close();
          return;
        }
        // In this order: an entry too many means a token too few, which is the safe side.
        token.ack();
        entry.ack();
        left -= 1;
        if (left === 0) void this.#finish();
      },
    );
    await broker.publisher.publish(
      'heddle.control',
      '',
      encodeControl({ type: 'recall-tokens', limit: limit.name }),
    );
  }

  async #finish(): Promise<void> {
    for (const wish of this.#olderWishes) wish.ack();
    this.#wish?.ack();
    await this.stop();
    this.#issuer.onDone();
  }

  #giveUp(error: unknown): void {
    if (this.#isDone) return;
    const { limit, log } = this.#issuer;
    log.warn(
      { err: error, limit: limit.name },
      'the number of tokens could not be settled: it is counted again',
    );
    // Whatever was done is in the ledger: the next turn begins with all of it.
    void this.#again().catch((failure: unknown) => this.#giveUp(failure));
  }

  async #again(): Promise<void> {
    await Promise.all([this.#collector?.close(), this.#consumer?.close()]);
    await sleep(AGAIN_AFTER_MS, undefined, { ref: false });
    await this.#consume();
  }
}
