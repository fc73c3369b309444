import type { EventType, JobState } from '@heddle/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { BatchPartRow, BatchRow, ScheduleRow } from './batch-tables.ts';
import type { KeyStateRow, WaiterRow } from './key-state-tables.ts';
import type { SyncItemRow, SyncObjectTable, SyncReportRow, SyncTicketRow } from './sync/sync-tables.ts';

/** The tables. Times are milliseconds since the epoch; JSON and lists are text; what is absent is null. */
export interface Schema {
  jobs: JobRow;
  job_tags: JobTagRow;
  job_counts: JobCountRow;
  outputs: OutputRow;
  outbox: OutboxRow;
  idempotency_keys: IdempotencyKeyRow;
  tasks: TaskRow;
  facts: FactRow;
  unique_keys: UniqueKeyRow;
  cancels: CancelRow;
  paused_tasks: PausedTaskRow;
  dead_counts: DeadCountRow;
  batches: BatchRow;
  schedules: ScheduleRow;
  batch_parts: BatchPartRow;
  sync_objects: SyncObjectTable;
  sync_items: SyncItemRow;
  sync_tickets: SyncTicketRow;
  key_states: KeyStateRow;
  waiters: WaiterRow;
  sync_reports: SyncReportRow;
}

export type Database = Kysely<Schema>;
/** Inside a transaction only this may be used: SQLite has one connection, and the database itself would wait for it. */
export type Tx = Transaction<Schema>;

export interface JobRow {
  id: string;
  // Where it comes from: the `accepted` event, once it has arrived.
  task: string;
  accepted: string | null;
  accepted_at: number;
  priority: number;
  tags: string | null;
  timeout_ms: number | null;
  retry: string | null;
  deadline: number | null;
  /** Milliseconds that result and outputs are kept after a success; null: as the task says. */
  result_ttl_ms: number | null;
  webhook: string | null;
  batch: string | null;
  batch_index: number | null;
  body_type: string | null;
  body_bytes: number | null;
  input: string | null;
  // What decides its state: the winning event.
  state: JobState;
  event: EventType;
  generation: number;
  attempt: number;
  run: string;
  seq: number;
  state_at: number;
  due_at: number | null;
  error_code: string | null;
  error: string | null;
  result: string | null;
  outputs: string | null;
  // What each event may add to.
  attempts: string | null;
  progress: string | null;
  updated_at: number;
  /** When result and outputs are to be deleted; null: not, or done. */
  result_until: number | null;
  /** When they were to be deleted, once they are. */
  result_gone: number | null;
  /** The key that it was submitted with; `unique_keys` says whose it is now. */
  unique_key: string | null;
  // A replay's own input, and which event brought it.
  edited: string | null;
  edited_input: string | null;
}

/** A tag, with what a search for it may be narrowed by. */
export interface JobTagRow {
  job_id: string;
  tag: string;
  task: string;
  state: JobState;
  error_code: string | null;
  accepted_at: number;
}

/** How many jobs of a task are in a state, spread over shards so that recorders do not wait for each other. */
interface JobCountRow {
  task: string;
  state: JobState;
  shard: number;
  jobs: number;
}

interface OutputRow {
  job_id: string;
  run: string;
  name: string;
  sha256: string;
  type: string;
  body: Uint8Array;
  stored_at: number;
}

/** A message to publish, committed with what caused it. */
export interface OutboxRow {
  id: string;
  exchange: string;
  routing_key: string;
  kind: string;
  mandatory: number;
  properties: string;
  body: Uint8Array;
  tries: number;
  /** For a job that goes by way of the delay ladder: when it is to be in its queue. */
  due_at: number | null;
  /** Nobody takes it before: it is being published, or waits after a failure. */
  available_at: number;
}

interface IdempotencyKeyRow {
  key: string;
  fingerprint: string;
  job_id: string;
  created_at: number;
}

interface TaskRow {
  name: string;
  announcement: string;
  announced_at: number;
}

/** Single facts, such as the event stream's epoch. */
interface FactRow {
  name: string;
  value: string;
}

/** The job that has, or last had, a key of its task. While it is unfinished no other job may have it. */
interface UniqueKeyRow {
  task: string;
  key: string;
  job_id: string;
}

/** A job, or all jobs of a batch, that no worker is to run. */
interface CancelRow {
  /** Of the job or batch. */
  id: string;
  of: 'job' | 'batch';
  /** Of the job; a replay is not cancelled with what it replays. */
  generation: number;
  created_at: number;
}

interface PausedTaskRow {
  task: string;
  paused_at: number;
}

/** How many jobs of a task died of an error on a day, spread over shards as the counts by state are. */
export interface DeadCountRow {
  task: string;
  error_code: string;
  /** Days since the epoch, UTC. */
  day: number;
  state: 'dead' | 'failed';
  shard: number;
  jobs: number;
}
