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
