import type { BatchState, EventType, JobState, KeyedObject, ScheduleRecord } from '@heddle/contracts';
import type { Kysely, Transaction } from 'kysely';

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

/** A named object of the concurrency toolbox. */
export interface SyncObjectRow {
  object: KeyedObject;
  /** Bound of a queue, parties of a barrier; 0: none. */
  size: number;
  /** Of the newest item or ticket. */
  seq: number;
  /** Items that nobody has taken. */
  ready: number;
  /** Items that are not done. */
  unfinished: number;
  /** Tickets whose wait has not ended. */
  waiting: number;
  state: 'open' | 'closed' | 'broken';
}

export interface SyncObjectTable extends SyncObjectRow {
  updated_at: number;
}

/** An item of a queue. */
export interface SyncItemRow {
  /** Ticket of the put. */
  id: string;
  object: string;
  rank: string;
  seq: number;
  value: string;
  /** Ticket of the get that has it. */
  taker: string | null;
  session: string | null;
  taken_at: number | null;
}

/** A demand that waits, or whose outcome its process may not know yet. */
export interface SyncTicketRow {
  id: string;
  /** Queue of replies of whoever demanded it. */
  session: string;
  object: string;
  wants: 'put' | 'get' | 'join' | 'pass' | 'wait' | 'nothing';
  seq: number;
  since: number;
  asked: string | null;
  outcome: string | null;
  ended_at: number | null;
}

/** The state of one key of a serial task. */
export interface KeyStateRow {
  /** What the key belongs to: a task, or what several tasks share. */
  name: string;
  key: string;
  /** One more with each change; 0: there is no state yet, the row is only there to be locked. */
  version: number;
  value: string | null;
  /** 0: surely no job waits for it to change. */
  has_waiters: number;
  updated_at: number;
}

/** A job that waits for its key's state to change, or that was woken to look at it again and has not said yet what it made of it. */
export interface WaiterRow {
  job_id: string;
  name: string;
  key: string;
  /** When it first waited: its place in line. */
  since: number;
  /** When it is woken at the latest. */
  until: number;
  /** Of the state that was not enough for it. */
  seen_version: number;
  /** 1: its message is on its way to a worker, or there. */
  awake: number;
  woken_at: number;
  /** The number of its next attempt. */
  attempt: number;
  task: string;
  // The message.
  properties: string;
  body: string;
}

/** What a session holds and waits for, as it said last. */
export interface SyncReportRow {
  session: string;
  name: string;
  at: number;
  report: string;
}
