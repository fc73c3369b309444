import type { RegisteredTask } from '../registry/load-tasks.ts';
import type { Pool, PoolOptions } from './pool.ts';
import { ProcessPool } from './process-pool.ts';
import { eventLoopPool } from './run-on-event-loop.ts';
import { ThreadPool } from './thread-pool.ts';

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
