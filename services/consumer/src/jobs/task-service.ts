import type { KnownControl, Task } from '@heddle/client';
import type { TaskMetrics } from '@heddle/service';
import type { FairLanes } from '../fair/fair-lanes.ts';
import type { TaskLimiter } from '../limits/limit-task.ts';
import type { Pool } from '../pools/pool.ts';
import type { Guards } from './ask-owner.ts';
import type { Interruptions } from './explain-redelivery.ts';
import type { JobRun } from './job-run.ts';
import type { RunWatch } from './watch-runs.ts';
import type { WorkerPorts } from './worker-ports.ts';

/** Everything that one task's jobs are run with. */
export interface TaskService {
  readonly task: Task;
  readonly pool: Pool;
  readonly metrics: TaskMetrics;
  readonly runs: RunWatch;
  readonly control: Pick<KnownControl, 'isCancelled' | 'whyCancelled' | 'forget'>;
  readonly interruptions: Pick<Interruptions, 'subscribed' | 'explain'>;
  readonly worker: WorkerPorts;
  /** For runs that last longer than the broker lets a delivery be held. */
  readonly guards: Pick<Guards, 'isRunning' | 'afterMs'>;
  /** Told when a run is guarded, and when a guarded run has ended. */
  readonly onGuarded?: JobRun['onGuarded'];
  /** Absent: the task has no limit for all workers together. */
  readonly limiter?: TaskLimiter | undefined;
  /** Absent: first come, first served. */
  readonly lanes?: FairLanes | undefined;
  /** Whether the jobs are suspects: each runs alone, and what is delivered again may have taken its worker down. */
  readonly isolated: boolean;
}
