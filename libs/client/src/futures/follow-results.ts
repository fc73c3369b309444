import type { Broker, BrokerLog, ReplyQueue } from '@heddle/broker';
import { decodeResults, HeddleError, type JobStanding } from '@heddle/contracts';
import type { RecorderClient } from '../recorder-client.ts';
import type { FollowedJob } from './followed-job.ts';

/** The most that the recorder is asked for at once. */
const ASK_AT_ONCE = 200;
/** How often it is looked whether somebody has to be asked for. */
const TICK_MS = 250;
/** A job of which nothing was heard for so long is asked for; then after twice as long, and so on. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;
/** After a reconnect, or for a future that was taken up: the recorder may be a moment behind the result that was missed. */
const EAGER_PAUSE_MS = 500;

/**
 * Hears how jobs end. Workers send results straight to this process's queue of replies; what they sent while it was gone,
 * and the ends that no worker tells of, are asked of the recorder: after each reconnect, and at growing intervals for
 * jobs of which nothing was heard.
 */
export class ResultFollower {
  readonly #broker: Broker;
  readonly #recorder: Pick<RecorderClient, 'ask'>;
  readonly #log: BrokerLog;
  readonly #jobs = new Map<string, FollowedJob>();
  #replies: Promise<ReplyQueue> | undefined;
  readonly #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(broker: Broker, recorder: Pick<RecorderClient, 'ask'>, log: BrokerLog) {
    this.#broker = broker;
    this.#recorder = recorder;
    this.#log = log;
    this.#unsubscribe.push(broker.onReconnect(() => this.#askForAll()));
  }

  /** Jobs that have not ended. */
  get pending(): ReadonlyMap<string, FollowedJob> {
    return this.#jobs;
  }

  /** Where results are to be sent; the queue is there when it resolves. */
  async address(): Promise<string> {
    this.#replies ??= this.#listen();
    try {
      return (await this.#replies).name;
    } catch (error) {
      this.#replies = undefined;
      throw error;
    }
  }

  /** Hears of a job until it ends. */
  follow(job: FollowedJob): void {
    this.#jobs.set(job.id, job);
    job.onEnd(() => this.#jobs.delete(job.id));
    this.#timer ??= setInterval(() => void this.#askForOverdue(), TICK_MS);
  }

  /** From now on the recorder knows the job, or will. */
  submitted(job: FollowedJob): void {
    job.askPauseMs = FIRST_PAUSE_MS;
    job.askAt = Date.now() + FIRST_PAUSE_MS;
  }

  /** It may have ended already. */
  askFor(job: FollowedJob): void {
    job.askPauseMs = EAGER_PAUSE_MS;
    job.askAt = 0;
    void this.#askForOverdue();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  async #listen(): Promise<ReplyQueue> {
    const replies = await this.#broker.replies();
    this.#unsubscribe.push(
      replies.onResults((message) => {
        const decoded = decodeResults(message);
        if (decoded.ok) for (const standing of decoded.value) this.#hear(standing);
        else this.#log.warn({ reason: decoded.reason }, 'results that cannot be read');
      }),
    );
    return replies;
  }

  #hear(standing: JobStanding): void {
    const job = this.#jobs.get(standing.job);
    if (!job) return;
    if (job.hear(standing)) return;
    job.askPauseMs = FIRST_PAUSE_MS;
    job.askAt = Date.now() + FIRST_PAUSE_MS;
  }

  #askForAll(): void {
    for (const job of this.#jobs.values()) {
      if (job.askAt === Number.POSITIVE_INFINITY) continue;
      job.askAt = 0;
      job.askPauseMs = EAGER_PAUSE_MS;
    }
    void this.#askForOverdue();
  }

  async #askForOverdue(): Promise<void> {
    if (this.#jobs.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (;;) {
        const overdue = this.#takeOverdue(Date.now());
        if (overdue.length === 0) break;
        await this.#ask(overdue);
      }
    } catch (error) {
      // The next tick tries again: each has its pause before it is asked for once more.
      this.#log.debug({ err: error }, 'the recorder could not be asked for results');
    } finally {
      this.#asking = false;
    }
  }

  #takeOverdue(now: number): FollowedJob[] {
    const overdue: FollowedJob[] = [];
    for (const job of this.#jobs.values()) {
      if (job.askAt > now) continue;
      job.askAt = now + job.askPauseMs;
      job.askPauseMs = Math.min(job.askPauseMs * 2, LONGEST_PAUSE_MS);
      overdue.push(job);
      if (overdue.length === ASK_AT_ONCE) break;
    }
    return overdue;
  }

  async #ask(jobs: readonly FollowedJob[]): Promise<void> {
    const ids = jobs.map(({ id }) => id);
    const { jobs: standings, unknown } = await this.#recorder.ask({ op: 'job-ends', ids });
    const answered = new Set<string>(unknown);
    for (const standing of standings) {
      answered.add(standing.job);
      this.#jobs.get(standing.job)?.hear(standing);
    }
    for (const id of unknown) await this.#judgeUnknown(id);
    // What did not fit into the answer is asked for again at once.
    for (const job of jobs) if (!answered.has(job.id)) job.askAt = 0;
  }

  /** Not known yet, or never: this question waits for what is still on its way to the recorder. */
  async #judgeUnknown(id: string): Promise<void> {
    try {
      await this.#recorder.ask({ op: 'job', id });
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code !== 'job_not_found') throw error;
      this.#jobs.get(id)?.end({ how: 'failed', error });
    }
  }
}
