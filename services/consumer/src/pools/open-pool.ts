import type { BrokerLog } from '@heddle/broker';
import type { RegisteredTask } from '../registry/load-tasks.ts';
import type { Pool } from './pool.ts';
import { ProcessPool } from './process-pool.ts';
import { eventLoopPool } from './run-on-event-loop.ts';
import { ThreadPool } from './thread-pool.ts';

export interface PoolOptions {
  /** Runs at once. */
  readonly slots: number;
  readonly log: BrokerLog;
  /** Resident memory that one child process may use. */
  readonly memoryBytes: number;
  /** Jobs after which a child process is replaced. */
  readonly jobsPerProcess: number;
  readonly maxOutputBytes: number;
}

/** The pool of one task. Each task has its own: a handler never shares a thread or process with another task's. */
export function openPool(registered: RegisteredTask, options: PoolOptions): Pool {
  switch (registered.task.pool) {
    case 'event-loop':
      return eventLoopPool;
    case 'thread':
      return new ThreadPool(registered, options);
    case 'process':
      return new ProcessPool(registered, options);
  }
}
