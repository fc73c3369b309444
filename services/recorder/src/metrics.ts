import { type EventType, eventStates, type JobEvent, type RecorderOp, recorderOps } from '@heddle/contracts';
import { type CounterMeter, type Meters, OTHER } from '@heddle/service';

/** Without events for so long, nothing is behind. */
const QUIET_MS = 15_000;
/** Tasks that have series of their own; of a system with more, the others share one or have none. */
export const MOST_TASKS = 200;
const REQUEST_OUTCOMES = ['answered', 'refused', 'failed'] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

export interface RecorderMetrics {
  /** A transaction took so long, and wrote these events. */
  committed(seconds: number, events: readonly JobEvent[]): void;
  /** A transaction failed and is tried again. */
  databaseFailed(): void;
  /** What `heddle_recorder_lag_seconds` asks before a scrape: since when the oldest delivery is held, if one is. */
  watchHeld(heldSince: () => number | undefined): void;
  refused(messages: number): void;
  deleted(jobs: number): void;
  requested(op: RecorderOp, outcome: RequestOutcome, seconds: number): void;
  /** Workers serve these tasks: their jobs have series of their own from now on. */
  known(tasks: Iterable<string>): void;
}

export function createRecorderMetrics(meters: Meters): RecorderMetrics {
  const duration = meters.histogram('heddle_recorder_transaction_duration_seconds');
  const batch = meters.histogram('heddle_recorder_batch_events');
  const databaseErrors = meters.counter('heddle_recorder_database_errors_total');
  const refused = meters.counter('heddle_recorder_refused_messages_total');
  const deleted = meters.counter('heddle_recorder_deleted_jobs_total');
  const requestDuration = meters.histogram('heddle_recorder_request_duration_seconds');
  const types = new Map(
    (Object.keys(eventStates) as EventType[]).map((type) => [
      type,
      meters.counter('heddle_recorder_events_total', type),
    ]),
  );
  const accepted = new Map<string, CounterMeter>();
  const acceptedOther = meters.counter('heddle_jobs_accepted_total', OTHER);
  for (const op of recorderOps) {
    for (const outcome of REQUEST_OUTCOMES) meters.counter('heddle_recorder_requests_total', op, outcome);
  }
  let committedAt = 0;
  let lagMs = 0;
  return {
    committed(seconds, events) {
      duration.observe(seconds);
      batch.observe(events.length);
      let newest = 0;
      for (const { type, task, at } of events) {
        types.get(type)?.add(1);
        if (type === 'accepted') (accepted.get(task) ?? acceptedOther).add(1);
        if (at > newest) newest = at;
      }
      if (newest === 0) return;
      committedAt = Date.now();
      lagMs = Math.max(0, committedAt - newest);
    },
    databaseFailed: () => databaseErrors.add(1),
    watchHeld: (heldSince) =>
      meters.pulled('heddle_recorder_lag_seconds', (add) => {
        const now = Date.now();
        const told = now - committedAt < QUIET_MS ? lagMs : 0;
        add(Math.max(told, now - (heldSince() ?? now)) / 1_000);
      }),
    refused: (messages) => refused.add(messages),
    deleted: (jobs) => deleted.add(jobs),
    requested(op, outcome, seconds) {
      meters.counter('heddle_recorder_requests_total', op, outcome).add(1);
      requestDuration.observe(seconds);
    },
    known(tasks) {
      for (const task of tasks) {
        if (accepted.size >= MOST_TASKS) return;
        if (!accepted.has(task)) accepted.set(task, meters.counter('heddle_jobs_accepted_total', task));
      }
    },
  };
}
