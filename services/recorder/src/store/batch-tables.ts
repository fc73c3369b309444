import type { BatchState, ScheduleRecord } from '@heddle/contracts';

export interface BatchRow {
  id: string;
  task: string;
  /** The `BatchPlan`. */
  plan: string;
  state: BatchState;
  total: number;
  // Jobs that have ended, by how they first did.
  succeeded: number;
  failed: number;
  dead: number;
  cancelled: number;
  expired: number;
  /** 1: whatever is unfinished of it is being cancelled. */
  stopping: number;
  reduce_job: string | null;
  result: string | null;
  accepted_at: number;
  ended_at: number | null;
}

/** An expansion message of a batch whose upload has not ended; it moves into the outbox when it has. */
export interface BatchPartRow {
  id: string;
  batch: string;
  /** Place of its first input. */
  first: number;
  jobs: number;
  stored_at: number;
  properties: string;
  body: Uint8Array;
}

export interface ScheduleRow {
  id: string;
  task: string;
  input: string;
  cron: string | null;
  time_zone: string;
  every_ms: number | null;
  missed: ScheduleRecord['missed'];
  paused: number;
  options: string;
  last_tick_at: number | null;
  last_job: string | null;
  created_at: number;
}
