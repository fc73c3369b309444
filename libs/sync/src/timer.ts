import type { Executor, Future, FutureOptions, Runnable } from '@heddle/client';
import { type Timeout, timeoutMs } from '@heddle/client';
import { CancelledError, RuntimeError, ValueError } from '@heddle/contracts';

const LONGEST_MS = 365 * 86_400_000;

/**
 * Runs a task after a delay: `threading.Timer`, where the function is a task. Once started it waits on the broker, so that
 * it goes off whether or not this process lives; another one can cancel it by its id.
 */
export class Timer<O = unknown, In = unknown> {
  readonly #executor: Executor;
  readonly #delayMs: number;
  readonly #task: Runnable<O, In>;
  readonly #input: In;
  readonly #options: Omit<FutureOptions, 'delay'>;
  #future: Future<O> | undefined;
  #cancelled = false;

  /** `delay`: milliseconds or text such as `"5s"`, up to 365 days, less than nothing is none; precise to 5 % or 100 ms. */
  constructor(
    executor: Executor,
    delay: Exclude<Timeout, undefined>,
    task: Runnable<O, In>,
    input: NoInfer<In>,
    options: Omit<FutureOptions, 'delay'> = {},
  ) {
    this.#executor = executor;
    this.#delayMs = Math.max(0, Math.round(timeoutMs(delay)));
    if (this.#delayMs > LONGEST_MS) {
      throw new ValueError(`delay: expected up to 365 days, got ${this.#delayMs} ms`);
    }
    this.#task = task;
    this.#input = input;
    this.#options = options;
  }

  /**
   * Begins to wait; resolves with its id when the broker has it. Rejects with `RuntimeError` the second time. When it rejects because it
   * could not be submitted (no such task, no broker), it has not been started, and may be: by then the broker may come to have it after
   * all only if the error is `confirm_timeout`. Rejects with `CancelledError` after `cancel`: it never runs.
   */
  async start(): Promise<string> {
    if (this.#future) throw new RuntimeError('timers can only be started once');
    if (this.#cancelled) throw new CancelledError('the timer was cancelled before it was started');
    const delay = this.#delayMs > 0 ? { delay: this.#delayMs } : {};
    const future = this.#executor.submit(this.#task, this.#input, { ...this.#options, ...delay });
    this.#future = future;
    try {
      await future.accepted;
    } catch (error) {
      // Cancelled before it was sent, it has been started all the same.
      if (!future.cancelled()) this.#future = undefined;
      throw error;
    }
    return future.id;
  }

  /** Of the task's run. Throws `RuntimeError` before `start`. */
  get future(): Future<O> {
    if (!this.#future) throw new RuntimeError('the timer has not been started');
    return this.#future;
  }

  /** It waits, or its task runs. */
  isAlive(): boolean {
    return this.#future !== undefined && !this.#future.done();
  }

  /** Stops it if it still waits, or is to be started later. Of one that has gone off it does nothing. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    await this.#future?.cancel();
  }

  /** Cancels a timer that another process has started. True if it had not gone off. */
  static cancelById(executor: Executor, id: string): Promise<boolean> {
    return executor.future(id).cancel();
  }
}
