import type { ScheduleRecord } from '@heddle/contracts';
import { Cron } from 'croner';

/** A tick no older than this is on time: so long may it take until another producer has taken over. Milliseconds. */
export const ON_TIME_MS = 60_000;

/** What is to be done about a schedule now. Times in milliseconds since the epoch. */
export interface Decision {
  /** The newest tick that is due and not dealt with; those before it have been missed. */
  readonly due?: { readonly at: number; readonly runs: boolean } | undefined;
  /** The first tick to come; undefined if there is none. */
  readonly next: number | undefined;
}

/**
 * Looks at a schedule's clock. A tick that is on time runs. An older one has been missed, and runs once for all that were
 * missed with it, or not at all, as the schedule says. While it is paused ticks pass without a run, and are not made up for.
 */
export function decideTick(schedule: ScheduleRecord, now: number): Decision {
  const clock = clockOf(schedule);
  const dealtWith = schedule.lastTickAt ?? schedule.createdAt;
  const next = clock.after(Math.max(now, dealtWith));
  const newest = clock.upTo(now);
  if (newest === undefined || newest <= dealtWith) return { next };
  const isOnTime = now - newest <= ON_TIME_MS;
  return {
    next,
    due: { at: newest, runs: !schedule.paused && (isOnTime || schedule.missed === 'run-once') },
  };
}

interface Clock {
  /** The first tick later than that. */
  after(time: number): number | undefined;
  /** The last tick at that time or before. */
  upTo(time: number): number | undefined;
}

function clockOf({ cron, timeZone, everyMs, lastTickAt, createdAt }: ScheduleRecord): Clock {
  if (cron !== null) return cronClock(cron, timeZone);
  if (everyMs === null) return { after: () => undefined, upTo: () => undefined };
  // Whole intervals from the last tick, dealt with late as it may have been: nothing shifts, and a new interval begins there.
  const from = lastTickAt ?? createdAt;
  const upTo = (time: number) => from + Math.floor((time - from) / everyMs) * everyMs;
  return { after: (time) => upTo(time) + everyMs, upTo };
}

/** In the schedule's time zone. What a change of clocks leaps over comes right after it; an hour that comes twice has a daily tick once. */
function cronClock(pattern: string, timeZone: string): Clock {
  const cron = new Cron(pattern, { timezone: timeZone, paused: true });
  return {
    after: (time) => cron.nextRun(new Date(time))?.getTime(),
    upTo: (time) =>
      cron
        .previousRuns(2, new Date(time + 1))
        .map((tick) => tick.getTime())
        .find((tick) => tick <= time),
  };
}
