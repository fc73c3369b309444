import { type EventType, eventStates, isTerminal, type JobEvent } from '@heddle/contracts';

/** When and where in a job's life an event stands. Two events of one job that agree in all of it are the same event. */
export type Moment = Pick<JobEvent, 'type' | 'generation' | 'attempt' | 'run' | 'seq' | 'at'>;

/** Among events of one attempt that are alike in being terminal or not, the higher rank decides the job's state. */
const ranks: Record<EventType, number> = {
  accepted: 0,
  replayed: 1,
  delayed: 2,
  started: 3,
  progress: 3,
  retrying: 4,
  waiting: 5,
  expired: 6,
  failed: 7,
  dead: 8,
  cancelled: 9,
  succeeded: 10,
};

export function endsJob(type: EventType): boolean {
  return isTerminal(eventStates[type]);
}

/**
 * A total order: positive when `a` outranks `b`, 0 only for the same event. By generation, terminal or not, attempt,
 * rank. What is still undecided goes to the earlier event, so that what people have seen of a job that ran twice stays.
 */
export function compareMoments(a: Moment, b: Moment): number {
  return (
    a.generation - b.generation ||
    Number(endsJob(a.type)) - Number(endsJob(b.type)) ||
    a.attempt - b.attempt ||
    ranks[a.type] - ranks[b.type] ||
    b.at - a.at ||
    compareText(a.run, b.run) ||
    a.seq - b.seq ||
    compareText(a.type, b.type)
  );
}

/** By code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
