import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { acceptedEvent } from '@heddle/client';
import { header, type Job, jobQueue, serialKey, type WireMessage } from '@heddle/contracts';
import { decodeDelivery } from '../jobs/decode-delivery.ts';
import { republishedJob } from '../jobs/republish-job.ts';
import { partitionOf } from './partition-of.ts';
import { readSerialJob } from './read-serial-job.ts';
import type { SerialService } from './serial-job.ts';

const PREFETCH = 200;
const AGAIN_AFTER_MS = 1_000;
/** How long those that are on their way may take when the worker stops, or its task is paused. */
const CLOSE_MS = 5_000;

/**
 * Takes the jobs of a serial task from their queue, in order, to the partitions of their keys. Whatever published them,
 * they come this one way, and the broker lets one worker at a time take them: so the order of each key stays.
 */
export class JobRouter {
  readonly #service: SerialService;
  readonly #broker: Broker;
  readonly #under = new Set<Promise<void>>();
  #consumer: Consumer | undefined;
  #stopping = false;
  /** Opening and closing wait for each other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(service: SerialService, broker: Broker) {
    this.#service = service;
    this.#broker = broker;
  }

  open(): Promise<void> {
    this.#stopping = false;
    return this.#inTurn(async () => {
      if (this.#consumer || this.#stopping) return;
      const options = { prefetch: PREFETCH, inOrder: true };
      this.#consumer = await this.#broker.consume(jobQueue(this.#service.task.name), options, (delivery) =>
        this.#take(delivery),
      );
      this.#service.interruptions.subscribed();
    });
  }

  /** Takes nothing more. Resolves when what was taken is with its partition, or 5 s later, and the rest back in the queue. */
  close(): Promise<void> {
    this.#stopping = true;
    return this.#inTurn(async () => {
      const consumer = this.#consumer;
      this.#consumer = undefined;
      // What is confirmed and not acked by then comes to its partition twice, and runs once.
      await Promise.race([Promise.all(this.#under), sleep(CLOSE_MS, undefined, { ref: false })]);
      await consumer?.close();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #take(delivery: Delivery): void {
    if (this.#stopping) return;
    const routed = this.#route(delivery)
      .catch(async (error: unknown) => {
        const { task, worker } = this.#service;
        worker.log.error({ err: error, task: task.name }, 'a job could not be brought to its partition');
        await sleep(AGAIN_AFTER_MS, undefined, { ref: false });
        delivery.requeue();
      })
      .finally(() => this.#under.delete(routed));
    this.#under.add(routed);
  }

  /** Publishes before it first waits, so that jobs leave in the order in which they come. */
  async #route(delivery: Delivery): Promise<void> {
    const { task, worker } = this.#service;
    const read = readSerialJob(this.#service, delivery, decodeDelivery(delivery.message, task.name));
    if (read.is === 'other') return await read.settle();
    const { job, key } = read;
    const partition = partitionOf(key, task.serial?.partitions ?? 1);
    await Promise.all([
      worker.publisher.publish('heddle.serial', serialKey(task.name, partition), forwarded(delivery, job), {
        mandatory: true,
      }),
      // A foreign client's job is not known to anybody yet.
      job.accepted || worker.events.add(acceptedEvent(job, delivery.message.body.length)),
    ]);
    delivery.ack();
  }
}

/** The time to live that a foreign client gave the message goes on as the job's. */
function forwarded(delivery: Delivery, job: Job): WireMessage<'job'> {
  const message = republishedJob(delivery, job, { attempt: job.attempt, accepted: true });
  const { expiration } = delivery.message.properties;
  if (expiration === undefined || job.deadline !== undefined) return message;
  const headers = { ...message.properties.headers, [header.deadline]: Date.now() + Number(expiration) };
  return { ...message, properties: { ...message.properties, headers } };
}
