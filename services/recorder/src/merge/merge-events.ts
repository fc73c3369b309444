import type { BatchPlace, JobEvent } from '@heddle/contracts';
import { compareMoments, compareText, type Moment } from './event-order.ts';
import { type Attempt, mergeAttempts } from './merge-attempts.ts';
import { mergeProgress, type Progress } from './merge-progress.ts';

/** What the events of one job amount to. */
export interface JobHistory {
  readonly id: string;
  readonly origin: Origin;
  readonly outcome: Outcome;
  /** By generation, attempt, run. */
  readonly attempts: readonly Attempt[];
  readonly progress: Progress | null;
  /** The input that the newest replay brought along, if any did. */
  readonly edit: Edit | null;
  /** The latest `at` of all events. */
  readonly updatedAt: number;
}

/** Where the job comes from: the earliest `accepted`; until one arrives, the earliest of what else is known. */
interface Origin {
  /** Which `accepted` event it is; null: none has arrived. */
  readonly accepted: string | null;
  readonly at: number;
  readonly task: string;
  readonly tags: readonly string[];
  readonly batch: BatchPlace | null;
  /** Absent when it is in the database already. */
  readonly event?: AcceptedEvent | undefined;
}
type AcceptedEvent = Extract<JobEvent, { type: 'accepted' }>;

/** A replay with an input of its own. */
interface Edit {
  readonly moment: Moment;
  /** Absent when it is in the database already. */
  readonly input?: { readonly value: unknown } | undefined;
}

/** The event that decides the job's state, its result, error and outputs. */
interface Outcome {
  readonly moment: Moment;
  readonly errorCode: string | null;
  /** Absent when it is in the database already. */
  readonly event?: JobEvent | undefined;
}

/**
 * The fold of a job's events. In any order, any grouping and with any duplication the same events give the same
 * history. Parts that an event does not change keep their identity, which tells what is to be written.
 */
export function mergeEvent(history: JobHistory | undefined, event: JobEvent): JobHistory {
  if (!history) {
    return {
      id: event.job,
      origin: originOf(event),
      outcome: outcomeOf(event),
      attempts: mergeAttempts([], event),
      progress: mergeProgress(null, event),
      edit: mergeEdit(null, event),
      updatedAt: event.at,
    };
  }
  const origin = mergeOrigin(history.origin, event);
  const outcome = compareMoments(event, history.outcome.moment) > 0 ? outcomeOf(event) : history.outcome;
  const attempts = mergeAttempts(history.attempts, event);
  const progress = mergeProgress(history.progress, event);
  const edit = mergeEdit(history.edit, event);
  const updatedAt = Math.max(history.updatedAt, event.at);
  const unchanged =
    origin === history.origin &&
    outcome === history.outcome &&
    attempts === history.attempts &&
    progress === history.progress &&
    edit === history.edit &&
    updatedAt === history.updatedAt;
  return unchanged ? history : { id: history.id, origin, outcome, attempts, progress, edit, updatedAt };
}

function outcomeOf(event: JobEvent): Outcome {
  return { moment: event, errorCode: 'error' in event ? (event.error?.code ?? null) : null, event };
}

function mergeEdit(known: Edit | null, event: JobEvent): Edit | null {
  if (event.type !== 'replayed' || event.input === undefined) return known;
  if (known && compareMoments(event, known.moment) <= 0) return known;
  const { type, generation, attempt, run, seq, at } = event;
  return { moment: { type, generation, attempt, run, seq, at }, input: { value: event.input } };
}

const NO_TAGS: readonly string[] = [];

function originOf(event: JobEvent): Origin {
  const { at, task } = event;
  if (event.type !== 'accepted') return { accepted: null, at, task, tags: NO_TAGS, batch: null };
  const accepted = `${event.generation}/${event.attempt}/${event.run}/${event.seq}`;
  const tags = event.tags ? [...new Set(event.tags)] : NO_TAGS;
  return { accepted, at, task, tags, batch: event.batch ?? null, event };
}

function mergeOrigin(known: Origin, event: JobEvent): Origin {
  // Most events come after `accepted`, and tell nothing of where the job comes from.
  if (known.accepted !== null && event.type !== 'accepted') return known;
  const told = originOf(event);
  if (known.accepted === null && told.accepted !== null) return told;
  const order =
    told.at - known.at ||
    compareText(told.accepted ?? '', known.accepted ?? '') ||
    compareText(told.task, known.task);
  return order < 0 ? told : known;
}
