import type { Delivery } from '@heddle/broker';
import type { Job } from '@heddle/contracts';
import type { Outcome } from '../jobs/outcome.ts';
import type { TaskService } from '../jobs/task-service.ts';
import type { Pool } from '../pools/pool.ts';
import type { Holding } from './holding.ts';
import type { Slots } from './slots.ts';

/** Everything that one serial task's jobs are run with. */
export interface SerialService extends TaskService {
  /** Where jobs run that may have taken a worker down: in a child process. */
  readonly isolation: Pool;
  readonly slots: Slots;
  readonly isolationSlots: Slots;
}

/** A job on its way through its key's lane. */
export interface SerialJob {
  readonly service: SerialService;
  readonly delivery: Delivery;
  readonly job: Job;
  /** Checked. */
  readonly input: unknown;
  readonly key: string;
  /** Whether it may have taken a worker down. */
  readonly isSuspect: boolean;
  /** Of the partition that it came from. */
  readonly holding: Holding;
  /** How it ends instead of being run. */
  refusal?: Outcome | undefined;
}

/** Jobs of one lane run one at a time: those of one key and one state, whatever their tasks. */
export function laneOf({ service, key }: SerialJob): string {
  return `${service.task.serial?.stateName} ${key}`;
}
