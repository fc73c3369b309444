import type { Consumer, Delivery } from '@heddle/broker';
import { jobQueue, WEBHOOK_TASK } from '@heddle/contracts';
import { type DeliveryService, runDelivery } from './run-delivery.ts';

/** Many receivers at once, and few deliveries of each (see `HostLanes`). */
const PREFETCH = 256;
const REQUEUE_AFTER_MS = 1_000;

/** Consumes the deliveries. */
export class DeliveryServer {
  readonly #service: DeliveryService;
  readonly #held = new Set<Promise<void>>();
  #consumer: Consumer | undefined;
  #isStarted = false;
  #isPaused = false;
  #isDraining = false;
  /** Pausing and resuming wait for each other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(service: DeliveryService) {
    this.#service = service;
  }

  /** Rejects when the broker does not take the subscription. */
  start(): Promise<void> {
    const started = this.#turn.then(async () => {
      this.#isStarted = true;
      if (!this.#isPaused) await this.#subscribe();
    });
    this.#turn = started.catch(() => undefined);
    return started;
  }

  /** Posts that have begun end; deliveries that wait go back to the queue until somebody resumes. */
  setPaused(isPaused: boolean): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#changePaused(isPaused))
      .catch((error: unknown) => {
        this.#service.log.error({ err: error, task: WEBHOOK_TASK }, 'pausing or resuming a task failed');
      });
    return this.#turn;
  }

  /** As a pause, for good. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#turn;
    await this.#unsubscribe();
  }

  async #changePaused(isPaused: boolean): Promise<void> {
    if (isPaused === this.#isPaused || this.#isDraining) return;
    this.#isPaused = isPaused;
    if (!this.#isStarted) return;
    this.#service.log.info({ task: WEBHOOK_TASK }, isPaused ? 'paused' : 'resumed');
    await (isPaused ? this.#unsubscribe() : this.#subscribe());
  }

  async #subscribe(): Promise<void> {
    const { broker } = this.#service;
    this.#consumer = await broker.consume(jobQueue(WEBHOOK_TASK), { prefetch: PREFETCH }, (delivery) => {
      if (this.#isDraining || this.#isPaused) return delivery.requeue();
      const serving = this.#serve(delivery).finally(() => this.#held.delete(serving));
      this.#held.add(serving);
    });
  }

  async #unsubscribe(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.stop();
    this.#service.lanes.close();
    await Promise.all(this.#held);
    await consumer?.close();
  }

  async #serve(delivery: Delivery): Promise<void> {
    try {
      await runDelivery(this.#service, delivery);
    } catch (error) {
      this.#service.log.error({ err: error }, 'a delivery could not be settled and goes back');
      if (!this.#isDraining) await new Promise((resolve) => setTimeout(resolve, REQUEUE_AFTER_MS));
      delivery.requeue();
    }
  }
}
