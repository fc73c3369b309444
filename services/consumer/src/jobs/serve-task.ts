import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { jobQueue } from '@heddle/contracts';
import { AdaptivePrefetch } from './adapt-prefetch.ts';
import { PriorityBuffer } from './order-by-priority.ts';
import { runJob, type TaskService } from './run-job.ts';

/** A job whose end could not be told goes back to its queue, but not in a tight loop. */
const REQUEUE_AFTER_MS = 1_000;

/** Consumes one task's queue: as many jobs at once as there are slots, the rest waiting here, highest priority first. */
export class TaskServer {
  readonly #service: TaskService;
  readonly #prefetch: AdaptivePrefetch;
  readonly #waiting = new PriorityBuffer<Delivery>();
  readonly #held = new Set<Promise<void>>();
  #free: number;
  #consumer: Consumer | undefined;
  #stopping = false;

  constructor(service: TaskService, slots: number) {
    this.#service = service;
    this.#prefetch = new AdaptivePrefetch(service.task.pool, slots);
    this.#free = slots;
  }

  async start(broker: Broker): Promise<void> {
    const { task } = this.#service;
    await broker.declareJobQueue(task.name);
    const prefetch = this.#prefetch.current;
    this.#consumer = await broker.consume(jobQueue(task.name), { prefetch }, (delivery) => {
      if (this.#stopping) delivery.requeue();
      else if (this.#free > 0) this.#begin(delivery);
      else this.#waiting.push(delivery, delivery.message.properties.priority);
    });
  }

  /** No new deliveries; those that have not begun go back to the queue. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#consumer?.stop();
    for (const delivery of this.#waiting.drain()) delivery.requeue();
  }

  /** Resolves when nothing that has begun is unsettled. */
  async idle(): Promise<void> {
    await Promise.all(this.#held);
  }

  /** Gives up what is still unsettled: the broker hands it to another worker. */
  async close(): Promise<void> {
    await this.#consumer?.close();
    await this.#service.pool.close();
  }

  #begin(delivery: Delivery): void {
    this.#free -= 1;
    this.#prefetch.began(performance.now());
    const held = runJob(this.#service, delivery, this.#freeSlot)
      .catch((error: unknown) => this.#handBack(delivery, error))
      .finally(() => this.#held.delete(held));
    this.#held.add(held);
  }

  readonly #freeSlot = (): void => {
    this.#free += 1;
    if (this.#prefetch.ended(performance.now())) this.#changePrefetch();
    for (;;) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (next.lost) continue;
      return this.#begin(next);
    }
  };

  #changePrefetch(): void {
    const { task, worker } = this.#service;
    this.#consumer?.setPrefetch(this.#prefetch.current).catch((error: unknown) => {
      worker.log.warn({ err: error, task: task.name }, 'the prefetch could not be changed');
    });
  }

  async #handBack(delivery: Delivery, error: unknown): Promise<void> {
    const { task, worker } = this.#service;
    worker.log.error({ err: error, task: task.name }, 'a delivery could not be settled and goes back');
    if (!this.#stopping) await new Promise((resolve) => setTimeout(resolve, REQUEUE_AFTER_MS));
    delivery.requeue();
  }
}
