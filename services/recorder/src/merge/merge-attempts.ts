import type { EventType, JobError, JobEvent } from '@heddle/contracts';
import { compareMoments, compareText, type Moment } from './event-order.ts';

/** One run of one attempt. Times are milliseconds since the epoch. */
export interface Attempt {
  readonly generation: number;
  readonly number: number;
  readonly run: string;
  readonly worker: string;
  readonly startedAt: number | null;
  readonly end: AttemptEnd | null;
}

interface AttemptEnd {
  readonly type: EventType;
  readonly at: number;
  readonly seq: number;
  readonly error: JobError | null;
}

/** A job in a crash loop keeps its newest attempts only. Those beyond stay beyond, so any order gives the same list. */
const MAX_KEPT_ATTEMPTS = 100;

/** The attempts with what an event tells of its run; the same list if it tells nothing new. */
export function mergeAttempts(attempts: readonly Attempt[], event: JobEvent): readonly Attempt[] {
  if (event.run === '') return attempts;
  const told = attemptOf(event);
  const index = attempts.findIndex((known) => compareAttempts(known, told) >= 0);
  const known = attempts[index];
  if (!known) return keepNewest([...attempts, told]);
  if (compareAttempts(known, told) > 0) return keepNewest(attempts.toSpliced(index, 0, told));
  const joined = joinAttempts(known, told);
  return joined === known ? attempts : attempts.with(index, joined);
}

function keepNewest(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.length > MAX_KEPT_ATTEMPTS ? attempts.slice(-MAX_KEPT_ATTEMPTS) : attempts;
}

function compareAttempts(a: Attempt, b: Attempt): number {
  return a.generation - b.generation || a.number - b.number || compareText(a.run, b.run);
}

function attemptOf(event: JobEvent): Attempt {
  return {
    generation: event.generation,
    number: event.attempt,
    run: event.run,
    worker: 'worker' in event ? event.worker : '',
    startedAt: 'startedAt' in event ? event.startedAt : event.type === 'started' ? event.at : null,
    end: endOf(event),
  };
}

function endOf(event: JobEvent): AttemptEnd | null {
  switch (event.type) {
    case 'succeeded':
    case 'waiting':
      return { type: event.type, at: event.at, seq: event.seq, error: null };
    case 'failed':
    case 'dead':
    case 'retrying':
    case 'cancelled':
    case 'expired':
      return { type: event.type, at: event.at, seq: event.seq, error: event.error ?? null };
    default:
      return null;
  }
}

function joinAttempts(known: Attempt, told: Attempt): Attempt {
  const worker = told.worker > known.worker ? told.worker : known.worker;
  const startedAt = earliest(known.startedAt, told.startedAt);
  const end = told.end && (!known.end || compareEnds(told, told.end, known.end) > 0) ? told.end : known.end;
  const unchanged = worker === known.worker && startedAt === known.startedAt && end === known.end;
  return unchanged ? known : { ...known, worker, startedAt, end };
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function compareEnds(attempt: Attempt, a: AttemptEnd, b: AttemptEnd): number {
  const momentOf = (end: AttemptEnd): Moment => ({
    type: end.type,
    generation: attempt.generation,
    attempt: attempt.number,
    run: attempt.run,
    seq: end.seq,
    at: end.at,
  });
  return compareMoments(momentOf(a), momentOf(b));
}
