import { HeddleError, type ScheduleRecord } from '@heddle/contracts';
import { Cron } from 'croner';

type Rhythm = Pick<ScheduleRecord, 'cron' | 'timeZone' | 'everyMs' | 'lastTickAt' | 'createdAt'>;

/** When a schedule is due next after `now`, in milliseconds since the epoch; null: never. Throws as `requireRhythm` does. */
export function nextRun(rhythm: Rhythm, now = Date.now()): number | null {
  const { cron, timeZone, everyMs, lastTickAt, createdAt } = rhythm;
  const dealtWith = Math.max(now, lastTickAt ?? createdAt);
  if (cron !== null) return readCron(cron, timeZone).nextRun(new Date(dealtWith))?.getTime() ?? null;
  if (everyMs === null) return null;
  // As the producer that ticks: whole intervals from the last tick, so that a changed interval begins there.
  const from = lastTickAt ?? createdAt;
  return from + everyMs * (Math.floor((dealtWith - from) / everyMs) + 1);
}

/** Throws `invalid_request` naming `cron` or `timeZone` when no time can come of them. */
export function requireRhythm(rhythm: Rhythm): void {
  requireTimeZone(rhythm.timeZone);
  if (nextRun(rhythm) === null) {
    throw refusal('cron', `expected times that come, got ${JSON.stringify(rhythm.cron)}, which never does`);
  }
}

function requireTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const got = JSON.stringify(timeZone);
    throw refusal('timeZone', `expected an IANA name such as "Europe/Berlin", got ${got}`);
  }
}

function readCron(text: string, timezone: string): Cron {
  // Croner also takes one point in time, which is no rhythm.
  if (text.includes(':')) throw refusal('cron', `expected five or six fields, got ${JSON.stringify(text)}`);
  try {
    return new Cron(text, { timezone, mode: '5-or-6-parts', paused: true });
  } catch (error) {
    const words = (error as Error).message.replace(/^CronPattern: /, '');
    throw refusal('cron', `expected five or six fields such as "0 3 * * 1-5": ${words}`);
  }
}

function refusal(path: string, message: string): HeddleError {
  return new HeddleError('invalid_request', `${path}: ${message}`, { issues: [{ path, message }] });
}
