import type { Broker, Consumer, Delivery } from '@heddle/broker';
import { jobQueue, suspectQueue } from '@heddle/contracts';
import { endsWithin } from '@heddle/service';
import type { Permit } from '../limits/limit-task.ts';
import type { PoolLoad } from '../pools/measure-pools.ts';
import { AdaptivePrefetch } from './adapt-prefetch.ts';
import { OverdueFinder } from './find-overdue.ts';
import { HeldDeliveries } from './held-deliveries.ts';
import type { JobRun } from './job-run.ts';
import type { JobServer } from './job-server.ts';
import { judgeGuard } from './judge-guard.ts';
import { PriorityBuffer } from './order-by-priority.ts';
import { runJob } from './run-job.ts';
import type { TaskService } from './task-service.ts';

/** How long a suspect that is ended with its worker may take to be put back into its queue. */
const HAND_BACK_MS = 1_000;
/** How often the jobs are looked at that wait here for a permit. */
const LOOK_MS = 1_000;
/** Looks after which such a job goes back: at once if others have all the permits, later if its turn will come here. */
const LOOKS = { withoutRoom: 1, inLanes: 2, withRoom: 20 };
/** After a time in which nothing was fetched, all lanes have so long to bring a job before one of them is begun. */
const GATHER_MS = 50;

/** What waits for a slot. */
type Line = Pick<PriorityBuffer<Delivery>, 'size' | 'push' | 'shift' | 'list' | 'takeIf' | 'drain'>;

/** Consumes one queue of a task, that of its jobs or that of its suspects: as many jobs at once as there are slots, the rest waiting here, highest priority first. */
export class TaskServer implements JobServer {
  readonly #service: TaskService;
  readonly #prefetch: AdaptivePrefetch;
  readonly #slots: number;
  readonly #waiting: Line;
  readonly #held: HeldDeliveries;
  /** Deliveries that are acked, though their jobs still run. */
  readonly #guarded = new Set<Delivery>();
  /** The prefetch that was asked for last. */
  #fetching = 0;
  #free: number;
  #broker: Broker | undefined;
  #consumer: Consumer | undefined;
  /** Consumers from before a pause whose jobs still run. */
  readonly #former = new Set<Consumer>();
  #stopping = false;
  readonly #overdue: OverdueFinder;
  #waitTimer: NodeJS.Timeout | undefined;
  /** Of a fair task: all slots are taken for long, and nothing is fetched until one is free. */
  #isFull = false;
  #gathering: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** Pausing and resuming wait for each other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(service: TaskService, slots: number) {
    this.#service = { ...service, onGuarded: (run, isGuarded) => this.#onGuarded(run, isGuarded) };
    this.#prefetch = new AdaptivePrefetch(service.task.pool, slots, service.isolated);
    this.#waiting = service.lanes?.line ?? new PriorityBuffer<Delivery>();
    this.#overdue = new OverdueFinder(this.#waiting);
    this.#held = new HeldDeliveries(service);
    this.#slots = slots;
    this.#free = slots;
    service.limiter?.onPermits(() => this.#beginPermitted());
  }

  /** How its pool fares now. */
  get load(): PoolLoad {
    const { task, pool, isolated } = this.#service;
    return {
      task: task.name,
      pool: isolated ? 'suspect' : task.pool,
      slots: this.#slots,
      busy: this.#slots - this.#free,
      waiting: this.#waiting.size,
      processes: pool.processIds,
    };
  }

  get task(): string {
    return this.#service.task.name;
  }

  /** Makes the queue, and begins to take jobs from it unless the task is paused. */
  async start(broker: Broker): Promise<void> {
    this.#broker = broker;
    const { limiter, lanes, task } = this.#service;
    await broker.declareJobQueue(this.task, { lanes: task.fair?.lanes });
    // In turn: a pause that comes meanwhile would find no consumer to stop.
    const subscribed = this.#turn.then(() => {
      if (!this.#isPaused && !this.#consumer) return this.#subscribe(broker);
    });
    this.#turn = subscribed.catch(() => undefined);
    await subscribed;
    if (limiter || lanes) {
      this.#waitTimer = setInterval(() => this.#returnOverdue(), LOOK_MS).unref();
    }
  }

  /** Resolves when jobs are taken again, or not any more: then what has begun goes on, and what has not is back in the queue. */
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
    this.#service.limiter?.setPaused(isPaused);
    if (!this.#broker) return;
    this.#service.worker.log.info({ task: this.task }, isPaused ? 'paused' : 'resumed');
    if (!isPaused) return this.#subscribe(this.#broker);
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.stop();
    this.#held.return(this.#waiting.drain());
    if (consumer) this.#closeWhenIdle(consumer);
  }

  #closeWhenIdle(consumer: Consumer): void {
    this.#former.add(consumer);
    void this.idle()
      .then(() => consumer.close())
      .finally(() => this.#former.delete(consumer));
  }

  async #subscribe(broker: Broker): Promise<void> {
    const { task, isolated, limiter, lanes } = this.#service;
    const queue = isolated ? suspectQueue(task.name) : jobQueue(task.name);
    const prefetch = this.#wantedPrefetch();
    this.#fetching = prefetch;
    const onDelivery = (delivery: Delivery): void => {
      if (this.#stopping || this.#isPaused) this.#held.return([delivery]);
      else if (limiter || lanes) this.#beginInTurn(delivery);
      else if (this.#free > 0) this.#begin(delivery);
      else this.#waiting.push(delivery, delivery.message.properties.priority);
    };
    this.#consumer = lanes
      ? await lanes.consume(prefetch, {
          onDelivery,
          onGuard: (delivery, job, guard) => judgeGuard(this.#service, delivery, job, guard),
        })
      : await broker.consume(queue, { prefetch }, onDelivery);
    this.#service.interruptions.subscribed();
    // What there is room for may have changed meanwhile.
    this.#changePrefetch();
  }

  /** No new deliveries; those that have not begun go back to the queue. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#held.stop();
    clearInterval(this.#waitTimer);
    clearTimeout(this.#gathering);
    await this.#turn;
    await this.#consumer?.stop();
    this.#held.return(this.#waiting.drain());
  }

  /** Resolves when nothing that has begun is unsettled. */
  idle(): Promise<void> {
    return this.#held.idle();
  }

  /** Gives up what is still unsettled: the broker hands it to another worker. */
  async close(): Promise<void> {
    if (this.#service.isolated) await this.#endSuspects();
    const consumers = this.#consumer ? [this.#consumer, ...this.#former] : [...this.#former];
    await Promise.all(consumers.map((consumer) => consumer.close()));
    await this.#service.pool.close();
  }

  /** What their queue takes back counts as a crash: so they are ended first, and copies of their jobs handed back. */
  async #endSuspects(): Promise<void> {
    await this.#service.pool.close();
    await endsWithin(HAND_BACK_MS, this.idle());
  }

  #begin(delivery: Delivery, permit?: Permit): void {
    this.#free -= 1;
    this.#prefetch.began(performance.now());
    const plain = permit ? () => this.#endPermitted(permit) : this.#freeSlot;
    const free = this.#service.lanes?.line.charge(delivery, plain) ?? plain;
    this.#held.hold(delivery, runJob(this.#service, delivery, free, permit));
  }

  #beginInTurn(delivery: Delivery): void {
    this.#waiting.push(delivery, delivery.message.properties.priority);
    if (this.#gathering) return;
    if (this.#service.limiter) this.#beginPermitted();
    else this.#beginWaiting();
  }

  #beginWaiting(): void {
    while (this.#free > 0) {
      const next = this.#shiftWaiting();
      if (!next) return;
      this.#begin(next);
    }
  }

  /** Of a task that is limited: begins what waits, as far as there are slots and permits, and fetches for what is left of them. */
  #beginPermitted(): void {
    const { limiter } = this.#service;
    if (!limiter || this.#gathering) return;
    while (this.#free > 0 && this.#waiting.size > 0) {
      const permit = limiter.take();
      if (!permit) break;
      const next = this.#shiftWaiting();
      if (next) this.#begin(next, permit);
      else permit.end();
    }
    this.#changePrefetch();
  }

  #endPermitted(permit: Permit): void {
    this.#free += 1;
    this.#prefetch.ended(performance.now());
    if (this.#isFull) this.#fetchAgain();
    permit.end();
  }

  #shiftWaiting(): Delivery | undefined {
    for (;;) {
      const next = this.#waiting.shift();
      if (!next?.lost) return next;
    }
  }

  /** What waits here in vain goes back, as a copy: it is no suspect. */
  #returnOverdue(): void {
    const { limiter, lanes } = this.#service;
    const looks = !limiter ? LOOKS.inLanes : limiter.room === 0 ? LOOKS.withoutRoom : LOOKS.withRoom;
    const overdue = this.#overdue.take(looks);
    this.#held.return(overdue);
    // Only what runs here sets a slot free; without any, nothing would be fetched ever again.
    if (lanes && overdue.length > 0 && this.#free < this.#slots) {
      this.#isFull = true;
      this.#changePrefetch();
    }
    // What still waits for a permit goes on asking for one.
    if (limiter) this.#beginPermitted();
  }

  /** All slots were taken for long, and one is free: which tenant's turn it is shows when each lane has brought a job. */
  #fetchAgain(): void {
    this.#isFull = false;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      if (this.#stopping || this.#isPaused) return;
      if (this.#service.limiter) this.#beginPermitted();
      else this.#beginWaiting();
    }, GATHER_MS).unref();
    this.#changePrefetch();
  }

  readonly #freeSlot = (): void => {
    this.#free += 1;
    if (this.#prefetch.ended(performance.now())) this.#changePrefetch();
    if (this.#isFull) return this.#fetchAgain();
    if (this.#gathering) return;
    const next = this.#shiftWaiting();
    if (next) this.#begin(next);
  };

  /** A guarded run has a slot, and no delivery: without this the broker would send another one, to wait here for very long. */
  #onGuarded({ delivery }: JobRun, isGuarded: boolean): void {
    if (isGuarded) this.#guarded.add(delivery);
    else this.#guarded.delete(delivery);
    this.#changePrefetch();
    if (isGuarded && this.#free === 0) this.#held.return(this.#waiting.drain());
  }

  #wantedPrefetch(): number {
    const { limiter } = this.#service;
    if (this.#isFull) return 0;
    const most = limiter ? Math.min(limiter.room, this.#slots) : this.#prefetch.current;
    return Math.max(0, most - this.#guarded.size);
  }

  #changePrefetch(): void {
    const { task, worker, limiter } = this.#service;
    const wanted = this.#wantedPrefetch();
    if (!this.#consumer || wanted === this.#fetching) return;
    // Of a rate there is more or less to fetch with every job: only what matters is worth a subscription.
    if (limiter?.isRated && wanted > 0 && wanted < this.#fetching) return;
    this.#fetching = wanted;
    this.#consumer.setPrefetch(wanted).catch((error: unknown) => {
      worker.log.warn({ err: error, task: task.name }, 'the prefetch could not be changed');
    });
  }
}
