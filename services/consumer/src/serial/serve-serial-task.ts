import type { Broker, Delivery } from '@heddle/broker';
import { decodePartitioned } from '../jobs/decode-delivery.ts';
import type { Interruptions } from '../jobs/explain-redelivery.ts';
import type { JobServer } from '../jobs/job-server.ts';
import type { PoolLoad } from '../pools/measure-pools.ts';
import type { Holding } from './holding.ts';
import type { KeyLanes } from './key-lanes.ts';
import type { KnownWorkers } from './known-workers.ts';
import { Partition } from './own-partition.ts';
import { rankWorkers } from './rank-workers.ts';
import { readSerialJob } from './read-serial-job.ts';
import { JobRouter } from './route-jobs.ts';
import type { SerialService } from './serial-job.ts';

/**
 * Serves one serial task: takes its jobs to the partitions of their keys, and runs those of the partitions that are this
 * worker's. The workers share the partitions by a rule that each of them knows; the broker sees to it that one at a time
 * has a partition, and the recorder that only one run of a job counts.
 */
export class SerialTaskServer implements JobServer {
  readonly #service: SerialService;
  readonly #lanes: KeyLanes;
  readonly #workers: KnownWorkers;
  #broker: Broker | undefined;
  #router: JobRouter | undefined;
  #partitions: readonly Partition[] = [];
  #isPaused = false;
  #stopping = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(service: SerialService, lanes: KeyLanes, workers: KnownWorkers) {
    this.#service = service;
    this.#lanes = lanes;
    this.#workers = workers;
  }

  get load(): PoolLoad {
    const { task, slots, pool, isolation } = this.#service;
    const { size, busy, waiting } = slots;
    const processes = [...pool.processIds, ...isolation.processIds];
    return { task: task.name, pool: task.pool, slots: size, busy, waiting, processes };
  }

  get task(): string {
    return this.#service.task.name;
  }

  async start(broker: Broker): Promise<void> {
    this.#broker = broker;
    const partitions = this.#service.task.serial?.partitions ?? 1;
    await broker.declareJobQueue(this.task, { partitions });
    this.#router = new JobRouter(this.#service, broker);
    this.#partitions = Array.from(
      { length: partitions },
      (_, partition) =>
        new Partition(broker, this.task, partition, (delivery, holding, explain) =>
          this.#take(delivery, holding, explain),
        ),
    );
    if (this.#isPaused) return;
    await Promise.all([this.#router.open(), this.rebalance()]);
  }

  /** The workers have changed, or may have: takes, keeps and lets go what is to be. */
  rebalance(): Promise<void> {
    if (this.#stopping || this.#isPaused) return Promise.resolve();
    const { self } = this.#workers;
    const serving = this.#workers.serving(this.task);
    const name = this.#service.task.serial?.stateName ?? this.task;
    const changed = this.#partitions.map((partition, index) => {
      const ranked = rankWorkers(serving, `${name} ${index}`);
      const rank = ranked.indexOf(self);
      const role = rank === 0 ? 'owner' : rank === 1 ? 'stand-by' : 'none';
      return partition.setRole(role, this.#workers.isFresh(ranked[0] ?? self));
    });
    return Promise.all(changed).then(
      () => undefined,
      (error: unknown) => {
        this.#service.worker.log.error(
          { err: error, task: this.task },
          'partitions could not be shared anew',
        );
      },
    );
  }

  setPaused(isPaused: boolean): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#changePaused(isPaused))
      .catch((error: unknown) => {
        this.#service.worker.log.error({ err: error, task: this.task }, 'pausing or resuming a task failed');
      });
    return this.#turn;
  }

  async #changePaused(isPaused: boolean): Promise<void> {
    if (isPaused === this.#isPaused || this.#stopping) return;
    this.#isPaused = isPaused;
    if (!this.#broker) return;
    this.#service.worker.log.info({ task: this.task }, isPaused ? 'paused' : 'resumed');
    if (!isPaused) {
      await Promise.all([this.#router?.open(), this.rebalance()]);
      return;
    }
    for (const partition of this.#partitions) partition.giveUp();
    await this.#router?.close();
    await Promise.all(this.#partitions.map((partition) => partition.setRole('none', false)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const partition of this.#partitions) partition.stop();
    // Not after a pause that is under way: that waits for all that runs, and nobody has asked it to end yet.
    await this.#router?.close();
  }

  async idle(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.idle()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#partitions.map((partition) => partition.close()));
    await Promise.all([this.#service.pool.close(), this.#service.isolation.close()]);
  }

  /** Never throws: the lane sees to all the rest. */
  #take(delivery: Delivery, holding: Holding, isExplained: Interruptions['explain']): void {
    const service = this.#service;
    const read = readSerialJob(service, delivery, decodePartitioned(delivery.message, this.task));
    if (read.is === 'other') {
      read.settle().catch((error: unknown) => {
        service.worker.log.error({ err: error, task: this.task }, 'a delivery could not be settled');
        delivery.requeue();
      });
      return;
    }
    const { job, input, key } = read;
    const isSuspect = delivery.message.redelivered && !isExplained(delivery.message, job);
    this.#lanes.push({ service, delivery, job, input, key, isSuspect, holding });
  }
}
