import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { queues, serialQueue } from '@heddle/contracts';
import { Interruptions } from '../jobs/explain-redelivery.ts';
import { Holding } from './holding.ts';

const { prefetch: PREFETCH } = queues['heddle.serial.<partition>'];
/** A worker that lets a partition go stands by again when its owner has had time to come before it. */
const STAND_BY_AFTER_MS = 1_500;

/** What this worker is to a partition: the broker delivers to whoever subscribed first, and to the next when that one goes. */
export type Role = 'owner' | 'stand-by' | 'none';

export type PartitionDelivery = (
  delivery: Delivery,
  holding: Holding,
  isExplained: Interruptions['explain'],
) => void;

/** One partition of a serial task, as this worker has it or not. */
export class Partition {
  readonly #broker: Broker;
  readonly #queue: ReturnType<typeof serialQueue>;
  readonly #interruptions: Interruptions;
  readonly #onDelivery: PartitionDelivery;
  #role: Role = 'none';
  #consumer: Consumer | undefined;
  #holding = new Holding();
  /** The worker ends: it is not subscribed to any more. */
  #isOver = false;
  /** Whether something was delivered since it stands by. */
  #servedStandingBy = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(broker: Broker, task: string, partition: number, onDelivery: PartitionDelivery) {
    this.#broker = broker;
    this.#queue = serialQueue(task, partition);
    this.#interruptions = new Interruptions(broker, this.#queue);
    this.#onDelivery = onDelivery;
  }

  /**
   * Resolves when it is so. Who was the owner and is to stand by hands over: starts nothing, finishes, settles, closes
   * its channel, which lets the next one begin, and gets in line again. `ownerLives`: somebody else is there to take it.
   */
  setRole(role: Role, ownerLives: boolean): Promise<void> {
    const done = this.#turn.then(() => this.#change(role, ownerLives));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Starts nothing more of what it holds. */
  giveUp(): void {
    this.#holding.givenUp = true;
  }

  /** Starts nothing more at all. */
  stop(): void {
    this.#isOver = true;
    this.giveUp();
  }

  /** Resolves when nothing that has begun is unsettled. */
  idle(): Promise<void> {
    return this.#holding.idle();
  }

  async #change(role: Role, ownerLives: boolean): Promise<void> {
    const before = this.#role;
    this.#role = role;
    if (role === 'none') return await this.#leave();
    const isWrong = role === 'stand-by' && ownerLives && (before === 'owner' || this.#servedStandingBy);
    if (isWrong) {
      await this.#leave();
      await sleep(STAND_BY_AFTER_MS, undefined, { ref: false });
    }
    if (!this.#consumer && this.#role === role && !this.#isOver) await this.#subscribe();
  }

  async #leave(): Promise<void> {
    const consumer = this.#consumer;
    if (!consumer) return;
    this.#consumer = undefined;
    this.#holding.givenUp = true;
    await this.#holding.idle();
    await consumer.close();
  }

  async #subscribe(): Promise<void> {
    const holding = new Holding();
    this.#holding = holding;
    this.#servedStandingBy = false;
    this.#consumer = await this.#broker.consume(this.#queue, { prefetch: PREFETCH }, (delivery) => {
      if (this.#role !== 'owner') this.#servedStandingBy = true;
      if (!holding.givenUp)
        this.#onDelivery(delivery, holding, (message, job, now) =>
          this.#interruptions.explain(message, job, now),
        );
    });
    this.#interruptions.subscribed();
  }

  /** Gives up what is still unsettled: the broker hands it to another worker. */
  async close(): Promise<void> {
    this.stop();
    await this.#consumer?.close();
    this.#consumer = undefined;
  }
}
