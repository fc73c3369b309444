import { Condition, Lock, PriorityQueue, SimpleQueue } from '@heddle/sync';
import type { BenchSession } from '../harness/benchmark.ts';
import { openSyncSession, removeSyncObject } from '../queues/sync-object.ts';
import { handOver } from './hand-over.ts';

const NAME = 'bench';

/** Objects of the toolbox, as programs of two sessions use them. */
export class SharedObjects {
  readonly #lock: Lock;
  readonly #queue: SimpleQueue<number>;
  readonly #lowestFirst: PriorityQueue<number>;
  readonly #conditions: readonly [Condition, Condition];

  private constructor(
    lock: Lock,
    queue: SimpleQueue<number>,
    lowestFirst: PriorityQueue<number>,
    conditions: readonly [Condition, Condition],
  ) {
    this.#lock = lock;
    this.#queue = queue;
    this.#lowestFirst = lowestFirst;
    this.#conditions = conditions;
  }

  static async open(session: BenchSession): Promise<SharedObjects> {
    for (const object of [`lock.${NAME}`, `rlock.${NAME}`, `queue.${NAME}`] as const)
      removeSyncObject(session, object);
    const [one, other] = [
      await openSyncSession(session, 'bench-one'),
      await openSyncSession(session, 'bench-other'),
    ];
    return new SharedObjects(new Lock(one, NAME), new SimpleQueue(one, NAME), new PriorityQueue(one, NAME), [
      new Condition(one, NAME),
      new Condition(other, NAME),
    ]);
  }

  async lockAndUnlock(): Promise<void> {
    const lease = await this.#lock.acquire();
    await lease?.release();
  }

  async putAndGet(item: number): Promise<void> {
    await this.#queue.put(item);
    await this.#queue.get();
  }

  async putAndGetLowest(item: number): Promise<void> {
    await this.#lowestFirst.put(item);
    await this.#lowestFirst.get();
    await this.#lowestFirst.taskDone();
  }

  /** Two who wait for each other in turns. */
  handOver(turns: number): Promise<void> {
    return handOver(turns, this.#conditions);
  }
}
