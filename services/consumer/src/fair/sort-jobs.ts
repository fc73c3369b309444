import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Consumer, Delivery } from '@heddle/broker';
import type { Task } from '@heddle/client';
import {
  HeddleError,
  header,
  type Job,
  jobQueue,
  laneKey,
  MAX_FAIR_KEY_CHARACTERS,
  type WireMessage,
  withoutBrokerHeaders,
} from '@heddle/contracts';
import { endsWithin } from '@heddle/service';
import { checkJob } from '../jobs/check-job.ts';
import { decodeDelivery } from '../jobs/decode-delivery.ts';
import type { WorkerPorts } from '../jobs/worker-ports.ts';
import type { LaneView } from './view-lanes.ts';

/** Jobs on their way from the task's queue into lanes at the same time. */
const PREFETCH = 200;
/** A job that could not be sorted goes back to its queue, but not in a tight loop. */
const REQUEUE_AFTER_MS = 1_000;
/** How long those that are on their way may take when the worker stops. */
const CLOSE_MS = 5_000;

export interface SorterParts {
  readonly broker: Pick<Broker, 'consume'>;
  readonly worker: Pick<WorkerPorts, 'publisher' | 'log'>;
  readonly task: Task;
  readonly lanes: LaneView;
  readonly onSorted: () => void;
}

export interface SorterListener {
  /** A job that cannot be published again is served as it is. */
  readonly onUnsorted: (delivery: Delivery) => void;
  /** The guard of a long job waits in no lane. Resolves when the delivery is settled. */
  readonly onGuard: (delivery: Delivery, job: Job, guard: NonNullable<Job['guard']>) => Promise<void>;
}

/**
 * Moves jobs from the queue of a fair task into its lanes. Whatever published them, they all come to that queue: so no
 * publisher needs to know that the task is fair. Each is acked when its copy is confirmed.
 */
export class JobSorter {
  readonly #parts: SorterParts;
  readonly #listener: SorterListener;
  readonly #moving = new Set<Promise<void>>();
  #consumer: Consumer | undefined;

  constructor(parts: SorterParts, listener: SorterListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  async start(): Promise<void> {
    const { broker, task } = this.#parts;
    this.#consumer = await broker.consume(jobQueue(task.name), { prefetch: PREFETCH }, (delivery) => {
      const moving = this.#sort(delivery)
        .catch((error: unknown) => this.#giveBack(delivery, error))
        .finally(() => this.#moving.delete(moving));
      this.#moving.add(moving);
    });
  }

  async setActive(isActive: boolean): Promise<void> {
    await this.#consumer?.setPrefetch(isActive ? PREFETCH : 0);
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    // Closed too early, what is confirmed and not acked would be there twice.
    await endsWithin(CLOSE_MS, Promise.all(this.#moving));
    await this.#consumer?.close();
  }

  async #sort(delivery: Delivery): Promise<void> {
    const { worker, task, lanes, onSorted } = this.#parts;
    const decoded = decodeDelivery(delivery.message, task.name);
    const job = decoded.is === 'job' ? decoded.job : undefined;
    if (job?.guard) return await this.#listener.onGuard(delivery, job, job.guard);
    const key = job ? this.#keyOf(job) : '';
    const { body, properties } = delivery.message;
    const headers = { ...withoutBrokerHeaders(properties.headers), [header.fairKey]: key };
    const copy: WireMessage<'job'> = { kind: 'job', body, properties: { ...properties, headers } };
    const lane = laneKey(task.name, lanes.choose(key));
    try {
      await worker.publisher.publish('heddle.lanes', lane, copy, { mandatory: true });
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code !== 'message_too_large') throw error;
      return this.#listener.onUnsorted(delivery);
    }
    delivery.ack();
    onSorted();
  }

  /** Jobs that nobody can be told from share one key: what is wrong with them is found when they are run. */
  #keyOf(job: Job): string {
    const { task, worker } = this.#parts;
    const checked = checkJob(job, task);
    if (!checked.ok) return '';
    const input: unknown = job.chunk && Array.isArray(checked.input) ? checked.input[0] : checked.input;
    try {
      return String(task.fair?.by(input, { tags: job.tags }) ?? '').slice(0, MAX_FAIR_KEY_CHARACTERS);
    } catch (error) {
      worker.log.warn({ err: error, task: task.name, job: job.id }, '"fair.by" threw');
      return '';
    }
  }

  async #giveBack(delivery: Delivery, error: unknown): Promise<void> {
    const { worker, task } = this.#parts;
    worker.log.warn({ err: error, task: task.name }, 'a job could not be sorted into a lane and goes back');
    await sleep(REQUEUE_AFTER_MS, undefined, { ref: false });
    delivery.requeue();
  }
}
