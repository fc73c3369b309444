import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@heddle/broker';
import { handBack } from './hand-back.ts';
import type { TaskService } from './task-service.ts';

/** A job whose end could not be told goes back to its queue, but not in a tight loop. */
const REQUEUE_AFTER_MS = 1_000;

/** The deliveries that something is being done with: their jobs run, or they go back to their queue. */
export class HeldDeliveries {
  readonly #service: Pick<TaskService, 'task' | 'worker' | 'isolated'>;
  readonly #held = new Set<Promise<unknown>>();
  #stopping = false;

  constructor(service: Pick<TaskService, 'task' | 'worker' | 'isolated'>) {
    this.#service = service;
  }

  /** From now on what fails goes back without a pause. */
  stop(): void {
    this.#stopping = true;
  }

  /** Resolves when nothing that has begun is unsettled. */
  async idle(): Promise<void> {
    await Promise.all(this.#held);
  }

  /** `work` settles the delivery, or rejects: then it goes back. */
  hold(delivery: Delivery, work: Promise<void>): void {
    const held: Promise<unknown> = work.then(
      () => this.#held.delete(held),
      (error: unknown) => this.#giveUp(delivery, error).finally(() => this.#held.delete(held)),
    );
    this.#held.add(held);
  }

  /** A copy goes back: the job itself would come again as one that may have taken its worker down, and those run one at a time. */
  return(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (!delivery.lost) this.hold(delivery, handBack(this.#service.worker, delivery));
    }
  }

  async #giveUp(delivery: Delivery, error: unknown): Promise<void> {
    const { task, worker, isolated } = this.#service;
    worker.log.error({ err: error, task: task.name }, 'a delivery could not be settled and goes back');
    if (!this.#stopping) await sleep(REQUEUE_AFTER_MS);
    // Where returns are counted as crashes, a copy goes back if at all possible.
    if (isolated) await handBack(worker, delivery).catch(() => delivery.requeue());
    else delivery.requeue();
  }
}
