import type { BrokerLog } from '@heddle/broker';
import type { RecorderClient } from '@heddle/client';
import type { ScheduleRecord } from '@heddle/contracts';
import { decideTick } from './next-tick.ts';
import { submitOfTick } from './run-tick.ts';

/** News may be lost, and clocks are set: looked at again after so long at the latest. */
const LONGEST_SLEEP_MS = 60_000;
const SHORTEST_SLEEP_MS = 20;
const RETRY_MS = 1_000;

export interface SchedulerOptions {
  readonly recorder: Pick<RecorderClient, 'ask'>;
  readonly log: BrokerLog;
  /** Whether this process is the one that ticks. */
  readonly leads: () => boolean;
  /** A tick has made a job. */
  readonly onTick?: (() => void) | undefined;
  readonly clock?: (() => number) | undefined;
}

/** Ticks the schedules while this process leads: one look after the other, each at the time that the one before it asked for. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #clock: () => number;
  #schedules: readonly ScheduleRecord[] = [];
  #mustLoad = true;
  #loadedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  /** The schedules may have changed, or this process may have begun to lead. */
  reload(): void {
    this.#mustLoad = true;
    this.#wakeIn(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #wakeIn(ms: number): void {
    // Whoever looks now looks again afterwards.
    if (this.#stopped || this.#looking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch((error: unknown) => {
          this.#options.log.warn({ err: error }, 'the schedules could not be looked after');
          return RETRY_MS;
        })
        .then((sleepMs) => {
          this.#looking = undefined;
          if (sleepMs !== undefined) this.#wakeIn(this.#mustLoad && sleepMs !== RETRY_MS ? 0 : sleepMs);
        });
    }, ms);
  }

  /** Deals with what is due, and gives the milliseconds until the next look; none while another process leads. */
  async #look(): Promise<number | undefined> {
    if (!this.#options.leads()) return undefined;
    if (this.#mustLoad || this.#clock() - this.#loadedAt >= LONGEST_SLEEP_MS) await this.#load();
    const awaited = await Promise.all(this.#schedules.map((schedule) => this.#deal(schedule)));
    const now = this.#clock();
    const next = Math.min(now + LONGEST_SLEEP_MS, ...awaited.flatMap((time) => time ?? []));
    return Math.max(next - now, SHORTEST_SLEEP_MS);
  }

  async #load(): Promise<void> {
    this.#mustLoad = false;
    try {
      const { schedules } = await this.#options.recorder.ask({ op: 'schedules' });
      this.#schedules = schedules;
      this.#loadedAt = this.#clock();
    } catch (error) {
      this.#mustLoad = true;
      throw error;
    }
  }

  /** Runs or passes over what is due of one schedule; gives when it is to be looked at again. One that is broken holds up no other. */
  async #deal(schedule: ScheduleRecord): Promise<number | undefined> {
    const { log, recorder } = this.#options;
    const now = this.#clock();
    try {
      const { due, next } = decideTick(schedule, now);
      if (!due) return next;
      const job = due.runs ? (await recorder.ask(submitOfTick(schedule, due.at, now))).id : null;
      if (job !== null) this.#options.onTick?.();
      // Remembered here even if the recorder is not reached now: then the tick is asked for again, by its key in vain.
      this.#remember(schedule, due.at);
      await recorder.ask({ op: 'schedule-ticked', id: schedule.id, at: due.at, job });
      log.debug({ schedule: schedule.id, at: due.at, job }, 'ticked');
      return next;
    } catch (error) {
      log.warn({ err: error, schedule: schedule.id }, 'a schedule could not tick');
      return now + RETRY_MS;
    }
  }

  #remember(schedule: ScheduleRecord, lastTickAt: number): void {
    this.#schedules = this.#schedules.map((kept) => (kept === schedule ? { ...kept, lastTickAt } : kept));
  }
}
