import type { EventType, JobState } from '@heddle/contracts';
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
  batch: string | null;
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
  error_code: string | null;
  error: string | null;
  result: string | null;
  outputs: string | null;
  // What each event may add to.
  attempts: string | null;
  progress: string | null;
  updated_at: number;
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
