import type { JobEvent } from '@heddle/contracts';
import { compareText } from './event-order.ts';

/** The newest sign of how far a job is. A run that has begun and told nothing yet has no fraction. */
export interface Progress {
  readonly generation: number;
  readonly attempt: number;
  readonly at: number;
  readonly run: string;
  readonly seq: number;
  /** 0 to 1. */
  readonly fraction: number | null;
  readonly note: string | null;
}

/** Progress is the newest attempt's: a new start sets it back. */
export function mergeProgress(known: Progress | null, event: JobEvent): Progress | null {
  if (event.type !== 'progress' && event.type !== 'started') return known;
  const told: Progress = {
    generation: event.generation,
    attempt: event.attempt,
    at: event.at,
    run: event.run,
    seq: event.seq,
    fraction: event.type === 'progress' ? event.fraction : null,
    note: event.type === 'progress' ? (event.note ?? null) : null,
  };
  return known === null || compareProgress(told, known) > 0 ? told : known;
}

function compareProgress(a: Progress, b: Progress): number {
  return (
    a.generation - b.generation ||
    a.attempt - b.attempt ||
    a.at - b.at ||
    a.seq - b.seq ||
    compareText(a.run, b.run) ||
    Number(a.fraction !== null) - Number(b.fraction !== null)
  );
}
