import { describe, expect, test } from 'vitest';
import { anySchedule } from '../../test/any-schedule.ts';
import { decideTick, ON_TIME_MS } from './next-tick.ts';

const at = (text: string) => Date.parse(text);
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());

/** Every tick between two times, as a producer that never sleeps sees them. */
function ticksBetween(cron: string, timeZone: string, from: string, to: string): (string | undefined)[] {
  const ticks: (string | undefined)[] = [];
  let lastTickAt = at(from);
  for (;;) {
    const { next } = decideTick(anySchedule({ cron, timeZone, lastTickAt }), lastTickAt);
    if (next === undefined || next > at(to)) return ticks;
    const { due } = decideTick(anySchedule({ cron, timeZone, lastTickAt }), next);
    expect(due, 'a tick that has come is due').toEqual({ at: next, runs: true });
    ticks.push(iso(next));
    lastTickAt = next;
  }
}

describe('in Europe/Berlin', () => {
  const berlin = (cron: string, from: string, to: string) => ticksBetween(cron, 'Europe/Berlin', from, to);

  test('a daily tick follows the clock on the wall through both changes', () => {
    expect(berlin('0 9 * * *', '2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T08:00:00.000Z',
      '2026-03-29T07:00:00.000Z',
      '2026-03-30T07:00:00.000Z',
    ]);
    expect(berlin('0 9 * * *', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T08:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
    ]);
  });

  test('a tick in the hour that spring leaps over comes right after it, once', () => {
    expect(berlin('30 2 * * *', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  test('a tick in the hour that autumn has twice comes once, in the first', () => {
    expect(berlin('30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test('hourly ticks are an hour apart all night long, in spring and in autumn', () => {
    for (const [from, to] of [
      ['2026-03-28T21:30:00Z', '2026-03-29T05:00:00Z'],
      ['2026-10-24T21:30:00Z', '2026-10-25T05:00:00Z'],
    ] as const) {
      const ticks = berlin('0 * * * *', from, to).map((tick) => at(tick ?? ''));
      expect(ticks).toHaveLength(8);
      expect(ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0))).toEqual(
        Array(7).fill(3_600_000),
      );
    }
  });
});

describe('a tick that is due', () => {
  const hourly = anySchedule({ cron: '0 * * * *', lastTickAt: at('2026-01-01T00:00:00Z') });

  test('runs when it is on time', () => {
    const now = at('2026-01-01T01:00:00Z');
    expect(decideTick(hourly, now)).toEqual({
      due: { at: now, runs: true },
      next: at('2026-01-01T02:00:00Z'),
    });
    expect(decideTick(hourly, now + ON_TIME_MS).due?.runs).toBe(true);
  });

  test('is no tick before its time, nor after it was dealt with', () => {
    expect(decideTick(hourly, at('2026-01-01T00:59:59.999Z')).due).toBeUndefined();
    const done = { ...hourly, lastTickAt: at('2026-01-01T01:00:00Z') };
    expect(decideTick(done, at('2026-01-01T01:30:00Z')).due).toBeUndefined();
  });

  test('and was missed is passed over, with all before it', () => {
    expect(decideTick(hourly, at('2026-01-01T05:30:00Z'))).toEqual({
      due: { at: at('2026-01-01T05:00:00Z'), runs: false },
      next: at('2026-01-01T06:00:00Z'),
    });
  });

  test('and was missed runs once for all, where the schedule says so', () => {
    const schedule = anySchedule({ ...hourly, missed: 'run-once' });
    expect(decideTick(schedule, at('2026-01-01T05:30:00Z')).due).toEqual({
      at: at('2026-01-01T05:00:00Z'),
      runs: true,
    });
  });

  test('passes without a run while the schedule is paused, and is not made up for', () => {
    const paused = anySchedule({ ...hourly, missed: 'run-once', paused: true });
    expect(decideTick(paused, at('2026-01-01T01:00:00Z')).due).toMatchObject({ runs: false });
  });
});

describe('an interval', () => {
  test('is counted from the beginning of its schedule, which itself is no tick, and from tick to tick without a shift', () => {
    const schedule = anySchedule({ everyMs: 1_000, createdAt: 500 });
    expect(decideTick(schedule, 500)).toEqual({ next: 1_500 });
    expect(decideTick(schedule, 1_700)).toEqual({ due: { at: 1_500, runs: true }, next: 2_500 });
    expect(decideTick({ ...schedule, lastTickAt: 1_500 }, 1_800)).toEqual({ next: 2_500 });
    expect(decideTick({ ...schedule, lastTickAt: 1_500, everyMs: 400 }, 1_800)).toEqual({ next: 1_900 });
  });
});

test('six fields count seconds', () => {
  expect(ticksBetween('*/20 * * * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z')).toHaveLength(
    3,
  );
});

test('a pattern without any tick to come has none', () => {
  expect(
    decideTick(anySchedule({ cron: '0 0 31 2 *', createdAt: at('2026-01-01T00:00:00Z') }), Date.now()),
  ).toEqual({
    next: undefined,
  });
});
