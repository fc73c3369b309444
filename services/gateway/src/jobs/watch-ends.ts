import type { BrokerLog } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import { isTerminal, type JobResult } from '@heddle/contracts';

/** The most that the recorder is asked for at once. */
const ASK_AT_ONCE = 200;
/** A job of which nothing was heard for so long is asked for; then again after twice as long, in milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS = 2_000;
/** How often it is looked whether somebody is to be asked for; the recorder is given as long to answer. */
const TICK_MS = 500;
const ASK_TIMEOUT_MS = 2_000;

interface Watched {
  askAt: number;
  readonly onEnd: (result: JobResult) => void;
}

/**
 * Learns that jobs have ended of which no worker tells those who wait: jobs that were cancelled or expired while they waited, those
 * that the broker set aside, those whose reply was lost. Asks the recorder for jobs that take long, many at once, and at once for
 * a job that somebody cancels. Costs a job that ends sooner a place in a map.
 */
export class EndWatcher {
  readonly #recorder: Pick<RecorderClient, 'ask'>;
  readonly #log: BrokerLog;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(recorder: Pick<RecorderClient, 'ask'>, log: BrokerLog) {
    this.#recorder = recorder;
    this.#log = log;
  }

  /** Calls `onEnd` once the recorder says that the job has ended. Call what this gives when that is not wanted any more. */
  watch(id: string, onEnd: (result: JobResult) => void): () => void {
    this.#watched.set(id, { askAt: Date.now() + FIRST_PAUSE_MS, onEnd });
    this.#timer ??= setInterval(() => void this.#askForOverdue(), TICK_MS);
    return () => this.#watched.delete(id);
  }

  /** Somebody has cancelled this job. If it runs, its worker tells of its end. */
  cancelled(id: string): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    watched.askAt = 0;
    void this.#askForOverdue();
  }

  /** Whoever waits still is told nothing any more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
  }

  async #askForOverdue(): Promise<void> {
    if (this.#watched.size === 0) return this.close();
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (let ids = this.#takeOverdue(); ids.length > 0; ids = this.#takeOverdue()) await this.#ask(ids);
    } catch (error) {
      // The next tick tries again: each has its pause before it is asked for once more.
      this.#log.debug({ err: error }, 'the recorder could not be asked which jobs have ended');
    } finally {
      this.#asking = false;
    }
  }

  #takeOverdue(): string[] {
    const now = Date.now();
    const overdue: string[] = [];
    for (const [id, watched] of this.#watched) {
      if (watched.askAt > now) continue;
      watched.askAt = now + PAUSE_MS;
      overdue.push(id);
      if (overdue.length === ASK_AT_ONCE) break;
    }
    return overdue;
  }

  async #ask(ids: string[]): Promise<void> {
    const { jobs } = await this.#recorder.ask({ op: 'job-ends', ids }, { timeoutMs: ASK_TIMEOUT_MS });
    for (const standing of jobs) {
      if (!isTerminal(standing.state)) continue;
      const watched = this.#watched.get(standing.job);
      this.#watched.delete(standing.job);
      watched?.onEnd(standing as JobResult);
    }
  }
}
