import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { type TokenLimit, tokenQueue } from '@heddle/contracts';

/** Whoever needs a token for a job that runs already is served before those who would begin another. */
const RENEWING_PRIORITY = 10;
const LOOKS_A_PERIOD = 4;

/** A token that is in use. */
export interface Token {
  /** It can be used again, here or elsewhere. */
  giveBack(): void;
  /** It is used up, until it has rested. */
  spend(): void;
}

interface TokenHolderOptions {
  readonly broker: Pick<Broker, 'consume'>;
  readonly limit: TokenLimit;
  /** Milliseconds after which a token that is still held is exchanged for another: the broker would take it away some time. */
  readonly renewMs: number;
  /** There are more tokens. */
  onMore(): void;
}

interface Held {
  delivery: Delivery;
  /** Milliseconds since the epoch. */
  since: number;
  /** It goes back at the end of its job, instead of being kept for the next. */
  recalled: boolean;
}

/**
 * The tokens of one limit that this worker holds: unacked deliveries, so that they go back when the worker does. A token
 * that comes back from a job is kept for the next one: while jobs come, none of them costs a message.
 */
export class TokenHolder {
  readonly #options: TokenHolderOptions;
  #free: Held[] = [];
  readonly #used = new Set<Held>();
  #wanted = 0;
  #consumer: Consumer | undefined;
  /** Consumers of tokens that were exchanged, with those that they were exchanged for. */
  readonly #renewed = new Map<Consumer, readonly Held[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TokenHolderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { broker, limit, renewMs } = this.#options;
    const queue = tokenQueue(limit.name);
    this.#consumer = await broker.consume(queue, { prefetch: this.#wanted }, (delivery) =>
      this.#take(delivery),
    );
    // What is wanted may have changed meanwhile.
    await this.#consumer.setPrefetch(this.#wanted);
    this.#timer = setInterval(() => void this.#look().catch(() => {}), renewMs / LOOKS_A_PERIOD).unref();
  }

  /** How many are to be held. With 0 those that are free go back, and those in use when their jobs end. */
  want(count: number): void {
    if (count === this.#wanted) return;
    this.#wanted = count;
    // What is in use does not count towards the new subscription: kept, it would be one too many.
    this.recall();
    this.#consumer?.setPrefetch(count).catch(() => {});
  }

  get free(): number {
    return this.#free.length;
  }

  get used(): number {
    return this.#used.size;
  }

  get held(): number {
    return this.#free.length + this.#used.size;
  }

  take(): Token | undefined {
    const held = this.#free.pop();
    if (!held) return undefined;
    if (held.delivery.lost) return this.take();
    this.#used.add(held);
    return {
      giveBack: () => this.#end(held),
      spend: () => {
        if (this.#used.delete(held)) held.delivery.reject();
      },
    };
  }

  /** Lets every token go round once: the free ones now, the others when their jobs end. */
  recall(): void {
    for (const held of this.#used) held.recalled = true;
    for (const { delivery } of this.#free.splice(0)) delivery.requeue();
  }

  /** Forgets what went with a lost connection: the broker has it. */
  forgetLost(): void {
    this.#free = this.#free.filter(({ delivery }) => !delivery.lost);
  }

  /** Gives back all that are not in use. */
  stop(): void {
    clearInterval(this.#timer);
    this.want(0);
  }

  async close(): Promise<void> {
    this.stop();
    const consumers = [...(this.#consumer ? [this.#consumer] : []), ...this.#renewed.keys()];
    await Promise.all(consumers.map((consumer) => consumer.close()));
  }

  #take(delivery: Delivery): void {
    if (this.#wanted === 0) return delivery.requeue();
    this.#free.push({ delivery, since: Date.now(), recalled: false });
    this.#options.onMore();
  }

  #end(held: Held): void {
    // One that went with its channel is somebody else's by now.
    if (!this.#used.delete(held) || held.delivery.lost) return;
    if (held.recalled || this.#wanted === 0) return held.delivery.requeue();
    this.#free.push(held);
    this.#options.onMore();
  }

  async #look(): Promise<void> {
    for (const [consumer, brought] of this.#renewed) {
      if (brought.some((held) => this.#used.has(held))) continue;
      this.#renewed.delete(consumer);
      await consumer.close();
    }
    const before = Date.now() - this.#options.renewMs;
    const isOld = ({ since }: Held): boolean => since < before;
    const old = this.#free.filter(isOld);
    this.#free = this.#free.filter((held) => !isOld(held));
    // A free one goes back, and another comes.
    for (const { delivery } of old) delivery.requeue();
    const inUse = [...this.#used].filter((held) => isOld(held) && !held.delivery.lost);
    if (inUse.length > 0) await this.#exchange(inUse);
  }

  /**
   * Tokens in use for as many fresh ones: a consumer that is served before all others waits for what the return of the old
   * ones sets free, so that nobody begins a job in between.
   */
  async #exchange(inUse: readonly Held[]): Promise<void> {
    const { broker, limit } = this.#options;
    const waiting = [...inUse];
    const old = inUse.map(({ delivery }) => delivery);
    const options = { prefetch: inUse.length, priority: RENEWING_PRIORITY };
    // From here on the end of a job keeps nothing: what it has is soon the broker's, or belongs to a consumer that ends.
    for (const held of inUse) held.recalled = true;
    const got: { consumer?: Consumer } = {};
    const consumer = await broker.consume(tokenQueue(limit.name), options, (delivery) => {
      const held = waiting.shift();
      // Its job may have ended meanwhile, and with it the old one was given back.
      if (held && this.#used.has(held)) Object.assign(held, { delivery, since: Date.now() });
      else delivery.requeue();
      if (waiting.length === 0) void got.consumer?.stop();
    });
    got.consumer = consumer;
    this.#renewed.set(consumer, inUse);
    for (const delivery of old) delivery.requeue();
    if (waiting.length === 0) await consumer.stop();
  }
}
