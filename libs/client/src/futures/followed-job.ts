import { CancelledError, isTerminal, type JobStanding } from '@heddle/contracts';
import { TaskError } from './task-error.ts';

/** How far a job is. `fraction`: 0 to 1. */
export interface JobProgress {
  readonly fraction: number;
  readonly note?: string | undefined;
}

/** How a job ended, as a future tells it. `cancelled` has an error too, for `result()` to throw. */
export type Ending =
  | { readonly how: 'succeeded'; readonly result: unknown }
  | { readonly how: 'failed' | 'cancelled'; readonly error: Error };

/** What is known here of a job that somebody waits for: the writable side of a future. */
export class FollowedJob {
  readonly id: string;
  readonly task: string;
  running = false;
  /** `waiting`: it is only here; a promise: it is on its way to the broker. Absent: it is there, or nobody will send it. */
  submitting: 'waiting' | Promise<unknown> | undefined;
  progress: JobProgress | undefined;
  ending: Ending | undefined;
  /** Milliseconds since the epoch at which the recorder is asked, if nothing is heard before: never while it is being submitted. */
  askAt = Number.POSITIVE_INFINITY;
  /** The pause after that, in milliseconds. */
  askPauseMs = 0;
  readonly #read: ((result: unknown) => unknown) | undefined;
  #onEnd: (() => void)[] = [];
  #onProgress: ((progress: JobProgress) => void)[] = [];

  /** `read`: what a result becomes before anybody sees it. */
  constructor(id: string, task: string, read?: (result: unknown) => unknown) {
    this.id = id;
    this.task = task;
    this.#read = read;
  }

  /** Takes in where it stands. True if that is its end. */
  hear(standing: JobStanding): boolean {
    if (this.ending) return true;
    if (isEnded(standing)) {
      this.end(endingOf(standing, this.#read));
      return true;
    }
    this.running = standing.state === 'running';
    if ('progress' in standing && standing.progress) {
      this.progress = standing.progress;
      for (const listener of this.#onProgress) callSafely(listener, standing.progress);
    }
    return false;
  }

  /** Once; later endings change nothing. */
  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.running = false;
    const listeners = this.#onEnd;
    this.#onEnd = [];
    this.#onProgress = [];
    for (const listener of listeners) listener();
  }

  /** Calls back when it has ended, at once if it has. Returns what takes that back. */
  onEnd(listener: () => void): () => void {
    if (this.ending) {
      listener();
      return () => {};
    }
    this.#onEnd.push(listener);
    return () => {
      this.#onEnd = this.#onEnd.filter((one) => one !== listener);
    };
  }

  onProgress(listener: (progress: JobProgress) => void): () => void {
    this.#onProgress.push(listener);
    return () => {
      this.#onProgress = this.#onProgress.filter((one) => one !== listener);
    };
  }
}

function isEnded(standing: JobStanding): standing is Extract<JobStanding, { error?: unknown }> {
  return isTerminal(standing.state);
}

function endingOf(
  standing: Extract<JobStanding, { error?: unknown }>,
  read: ((result: unknown) => unknown) | undefined,
): Ending {
  // One that succeeded has an error when its result was not kept.
  if (standing.state === 'succeeded' && !standing.error) {
    return { how: 'succeeded', result: read ? read(standing.result) : standing.result };
  }
  if (standing.state === 'cancelled') {
    const words = standing.error?.message ?? 'somebody cancelled it';
    return { how: 'cancelled', error: new CancelledError(`job ${standing.job}: ${words}`) };
  }
  return { how: 'failed', error: new TaskError(standing) };
}

/** What a caller's function throws is the caller's, and not to be thrown into the middle of ours. */
export function callSafely<A>(fn: (argument: A) => void, argument: A): void {
  try {
    fn(argument);
  } catch (error) {
    process.emitWarning(`a callback of a future threw: ${String(error)}`, { code: 'HEDDLE_CALLBACK' });
  }
}
