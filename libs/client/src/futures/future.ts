import { callSafely, type Ending, type FollowedJob, type JobProgress } from './followed-job.ts';
import { Deadline, type Timeout } from './wait-limit.ts';

/** What a future can ask of the executor that it came from. */
export interface FutureHost {
  /** Resolves with whether the job ended as cancelled; see `Future.cancel`. */
  cancel(job: FollowedJob, running: boolean): Promise<boolean>;
}

/**
 * The result of a job that may not have ended yet: `concurrent.futures.Future`, between machines. What it tells at once
 * (`done`, `running`, …) is what has been heard here so far; a worker's word takes a few milliseconds.
 */
export class Future<O = unknown> {
  /** The job's id: with it, another process, or this one after a restart, takes the future up (`Executor.future`). */
  readonly id: string;
  readonly task: string;
  /** Resolves when the job is sure to run: the broker has confirmed it. Rejects when it could not be submitted. */
  readonly accepted: Promise<void>;
  readonly #job: FollowedJob;
  readonly #host: FutureHost;

  constructor(job: FollowedJob, host: FutureHost, accepted: Promise<void>) {
    this.id = job.id;
    this.task = job.task;
    this.accepted = accepted;
    this.#job = job;
    this.#host = host;
    accepted.catch(() => {});
  }

  /**
   * Resolves with the job's result. Rejects with the `TaskError` of a job that failed (code, message and remote stack as
   * its handler threw them), a `CancelledError`, what went wrong with submitting it, or after `timeout` a `TimeoutError`
   * while the job goes on.
   */
  async result(timeout?: Timeout): Promise<O> {
    const ending = await this.#end(timeout);
    if (ending.how !== 'succeeded') throw ending.error;
    return ending.result as O;
  }

  /** Resolves with what `result` would reject with, or undefined. Rejects as `result` does if cancelled or too late. */
  async exception(timeout?: Timeout): Promise<Error | undefined> {
    const ending = await this.#end(timeout);
    if (ending.how === 'cancelled') throw ending.error;
    return ending.how === 'failed' ? ending.error : undefined;
  }

  /** It has ended: with a result, an error, or as cancelled. */
  done(): boolean {
    return this.#job.ending !== undefined;
  }

  /** A worker has it. Jobs of less than 100 ms may never be seen running. Between two attempts it is not. */
  running(): boolean {
    return this.#job.running;
  }

  cancelled(): boolean {
    return this.#job.ending?.how === 'cancelled';
  }

  /** How far the handler says that it is; undefined before its first word. */
  progress(): JobProgress | undefined {
    return this.#job.progress;
  }

  /** Calls back with each progress that comes, one a second at most. Returns what ends that. */
  onProgress(fn: (progress: JobProgress) => void): () => void {
    return this.#job.onProgress(fn);
  }

  /**
   * Cancels the job unless it runs or has ended: then false. True: the future is cancelled. (A worker may begin the job
   * in the very moment; it is then told to stop, and nobody sees its result.) With `running: true` a running job is told
   * to stop as well, and the promise waits for how it ends. Rejects when the recorder cannot be asked.
   */
  cancel({ running = false }: { running?: boolean } = {}): Promise<boolean> {
    return this.#host.cancel(this.#job, running);
  }

  /** Calls `fn` with this future when it has ended, at once if it has; in the order of adding. What it throws becomes a warning of the process. */
  addDoneCallback(fn: (future: Future<O>) => void): void {
    this.#job.onEnd(() => callSafely(fn, this));
  }

  /** Calls `fn` when it has ended. Returns what takes that back, which `addDoneCallback` cannot. */
  onceDone(fn: () => void): () => void {
    return this.#job.onEnd(fn);
  }

  async #end(timeout: Timeout): Promise<Ending> {
    const job = this.#job;
    if (job.ending) return job.ending;
    let forget = (): void => {};
    const ended = new Promise<Ending>((resolve) => {
      forget = job.onEnd(() => job.ending && resolve(job.ending));
    });
    try {
      return await new Deadline(timeout).limit(ended, () => `job ${job.id} has not ended in time`);
    } finally {
      forget();
    }
  }
}
