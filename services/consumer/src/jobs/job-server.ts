import type { Broker } from '@heddle/broker';
import type { PoolLoad } from '../pools/measure-pools.ts';

/** What takes and runs the jobs of one task. */
export interface JobServer {
  readonly task: string;
  /** What it is doing now. */
  readonly load: PoolLoad;
  /** Makes the queue, and begins to take jobs from it unless the task is paused. */
  start(broker: Broker): Promise<void>;
  /** Resolves when jobs are taken again, or not any more: then what has begun goes on, and what has not is back in the queue. */
  setPaused(isPaused: boolean): Promise<void>;
  /** Begins nothing more. */
  stop(): Promise<void>;
  /** Resolves when nothing that has begun is unsettled. */
  idle(): Promise<void>;
  /** Gives up what is still unsettled: the broker hands it to another worker. */
  close(): Promise<void>;
}
