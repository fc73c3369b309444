import type { ReceivedMessage } from '@heddle/contracts';
import type { ConsumeOutcome, Delivery } from './broker.ts';

/** The part of a channel that settles. Each call may throw when the channel has gone. */
export interface SettlingChannel {
  /** Acks one tag, or every unsettled tag up to it. */
  ack(tag: number, multiple: boolean): void;
  reject(tag: number): void;
  requeue(tag: number): void;
}

type Decision = 'ack' | 'reject' | 'requeue';

/**
 * Settles the deliveries of one channel, and nothing else does. It lives and ends with its channel, so that no
 * delivery is ever settled on another one, where its tag would mean another message.
 *
 * Decisions are sent once a turn of the event loop. Held deliveries form a list in the order of their tags. Everything
 * from its head up to the first undecided one is settled by one `ack` of many (refusals go ahead of it, singly);
 * what is decided behind an undecided delivery goes singly, so that a long job neither gets acked by its neighbours
 * nor holds their acks back.
 */
export class Settler {
  readonly #channel: SettlingChannel;
  readonly #onOutcome: (outcome: ConsumeOutcome, count: number) => void;
  #oldest: HeldDelivery | undefined;
  #newest: HeldDelivery | undefined;
  #decided: HeldDelivery[] = [];
  #held = 0;
  #ended = false;

  constructor(channel: SettlingChannel, onOutcome: (outcome: ConsumeOutcome, count: number) => void) {
    this.#channel = channel;
    this.#onOutcome = onOutcome;
  }

  /** Deliveries whose settlement the broker has not been sent. */
  get held(): number {
    return this.#held;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes a delivery into care; tags must come in rising order, as they do on a channel. */
  hold(tag: number, message: ReceivedMessage, streamOffset: number | undefined): Delivery {
    const delivery = new HeldDelivery(this, tag, message, streamOffset);
    delivery.older = this.#newest;
    if (this.#newest) this.#newest.newer = delivery;
    else this.#oldest = delivery;
    this.#newest = delivery;
    this.#held++;
    return delivery;
  }

  /** Called by deliveries that have just been decided. */
  decided(delivery: HeldDelivery): void {
    if (this.#ended) return;
    if (this.#decided.push(delivery) === 1) process.nextTick(() => this.flush());
  }

  /** Sends what has been decided, now. */
  flush(): void {
    if (this.#decided.length === 0 || this.#ended) return;
    const decided = this.#decided;
    this.#decided = [];
    try {
      this.#settlePrefix();
      for (const delivery of decided) if (!delivery.sent) this.#settleOne(delivery);
    } catch {
      // The channel went without telling yet. What was not sent counts as lost.
      this.end();
    }
  }

  /** The channel has gone, or the broker has cancelled its consumer: nothing is settled from now on. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#held > 0) this.#onOutcome('lost', this.#held);
    this.#decided = [];
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#held = 0;
  }

  #settlePrefix(): void {
    let last: HeldDelivery | undefined;
    let acks = 0;
    let delivery = this.#oldest;
    while (delivery?.decision) {
      const { newer }: HeldDelivery = delivery;
      if (delivery.decision === 'ack') {
        last = delivery;
        acks++;
      } else {
        this.#settleOne(delivery);
      }
      delivery = newer;
    }
    if (!last) return;
    this.#channel.ack(last.tag, acks > 1);
    while (this.#oldest && this.#oldest !== delivery) this.#release(this.#oldest);
    this.#onOutcome('acked', acks);
  }

  #settleOne(delivery: HeldDelivery): void {
    if (delivery.decision === 'ack') {
      this.#channel.ack(delivery.tag, false);
      this.#onOutcome('acked', 1);
    } else if (delivery.decision === 'reject') {
      this.#channel.reject(delivery.tag);
      this.#onOutcome('rejected', 1);
    } else {
      this.#channel.requeue(delivery.tag);
      this.#onOutcome('requeued', 1);
    }
    this.#release(delivery);
  }

  #release(delivery: HeldDelivery): void {
    const { older, newer } = delivery;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    // Whoever keeps a settled delivery must not keep all that came after it.
    delivery.older = undefined;
    delivery.newer = undefined;
    delivery.sent = true;
    this.#held--;
  }
}

/** A delivery in its settler's list. */
class HeldDelivery implements Delivery {
  readonly message: ReceivedMessage;
  readonly streamOffset: number | undefined;
  readonly tag: number;
  readonly #settler: Settler;
  decision: Decision | undefined;
  sent = false;
  older: HeldDelivery | undefined;
  newer: HeldDelivery | undefined;

  constructor(settler: Settler, tag: number, message: ReceivedMessage, streamOffset: number | undefined) {
    this.#settler = settler;
    this.tag = tag;
    this.message = message;
    this.streamOffset = streamOffset;
  }

  get lost(): boolean {
    return this.#settler.ended && !this.sent;
  }

  ack(): void {
    this.#decide('ack');
  }

  reject(): void {
    this.#decide('reject');
  }

  requeue(): void {
    this.#decide('requeue');
  }

  #decide(decision: Decision): void {
    if (this.decision) return;
    this.decision = decision;
    this.#settler.decided(this);
  }
}
