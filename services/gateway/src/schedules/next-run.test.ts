import { describe, expect, it } from 'vitest';
import { nextRun, requireRhythm } from './next-run.ts';

const at = (text: string) => Date.parse(text);
const rhythm = {
  cron: null,
  timeZone: 'UTC',
  everyMs: null,
  lastTickAt: null,
  createdAt: at('2026-01-01T00:00:00Z'),
};
const next = (changes: Partial<Parameters<typeof nextRun>[0]>, now: string) =>
  new Date(nextRun({ ...rhythm, ...changes }, at(now)) ?? 0).toISOString();

describe('the next run', () => {
  it('of an interval is counted from the beginning of its schedule', () => {
    expect(next({ everyMs: 60_000 }, '2026-01-01T00:00:00Z')).toBe('2026-01-01T00:01:00.000Z');
    expect(next({ everyMs: 60_000 }, '2026-01-01T00:10:30Z')).toBe('2026-01-01T00:11:00.000Z');
    const lastTickAt = at('2026-01-01T00:11:00Z');
    expect(next({ everyMs: 60_000, lastTickAt }, '2026-01-01T00:10:59Z')).toBe('2026-01-01T00:12:00.000Z');
  });

  it('of an interval that was changed is counted from the last tick, as it ticks', () => {
    const lastTickAt = at('2026-01-01T00:11:00Z');
    expect(next({ everyMs: 45_000, lastTickAt }, '2026-01-01T00:11:10Z')).toBe('2026-01-01T00:11:45.000Z');
    const schedule = { ...rhythm, everyMs: 45_000, lastTickAt };
    expect(nextRun(schedule, at('2026-01-01T00:14:00Z'))).toBe(at('2026-01-01T00:14:45Z'));
  });

  it('of a cron expression follows the clocks of its time zone, through their changes', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    expect(next(berlin, '2026-01-10T00:00:00Z')).toBe('2026-01-10T01:30:00.000Z');
    expect(next(berlin, '2026-07-10T00:00:00Z')).toBe('2026-07-10T00:30:00.000Z');
    // On 29 March 2026 there is no half past two in Berlin.
    expect(at(next(berlin, '2026-03-28T12:00:00Z'))).toBeGreaterThan(at('2026-03-29T00:59:59Z'));
    expect(next({ cron: '*/10 * * * * *' }, '2026-01-01T00:00:05Z')).toBe('2026-01-01T00:00:10.000Z');
  });
});

it.each([
  ['cron', { cron: 'hello' }],
  ['cron', { cron: '' }],
  ['cron', { cron: '61 * * * *' }],
  ['cron', { cron: '* * * * * * 2030' }],
  ['cron', { cron: '2030-01-01T00:00:00' }],
  ['cron', { cron: '0 0 30 2 *' }],
  ['timeZone', { cron: '0 0 * * *', timeZone: 'Mars/Base' }],
  ['timeZone', { everyMs: 1_000, timeZone: '' }],
])('a rhythm in which nothing comes is refused naming %s: %j', (path, changes) => {
  expect(() => requireRhythm({ ...rhythm, ...changes })).toThrow(
    expect.objectContaining({ code: 'invalid_request', issues: [expect.objectContaining({ path })] }),
  );
});
