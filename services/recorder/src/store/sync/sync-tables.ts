import type { KeyedObject } from '@heddle/contracts';

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
  /** Of the session, for people. */
  name: string | null;
}

/** What a session holds and waits for, as it said last. */
export interface SyncReportRow {
  session: string;
  name: string;
  at: number;
  report: string;
}
