import { silentLog } from '@heddle/broker';
import type { RecorderRequest, ScheduleRecord } from '@heddle/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { anySchedule } from '../../test/any-schedule.ts';
import { Scheduler } from './scheduler.ts';

let schedules: ScheduleRecord[];
let asked: RecorderRequest[];
let fails: boolean;
let leads: boolean;
let scheduler: Scheduler;

const recorder = {
  ask: async (request: RecorderRequest): Promise<never> => {
    asked.push(request);
    if (fails) throw new Error('away');
    if (request.op === 'schedules') return { schedules } as never;
    if (request.op === 'submit') return { id: request.job.id, repeated: false } as never;
    return { id: 'x' } as never;
  },
};
const keys = () =>
  asked.flatMap((request) => (request.op === 'submit' ? (request.idempotencyKey ?? '') : []));
const ticked = () => asked.filter(({ op }) => op === 'schedule-ticked');

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
  schedules = [];
  asked = [];
  fails = false;
  leads = true;
  scheduler = new Scheduler({ recorder, log: silentLog, leads: () => leads });
});
afterEach(async () => {
  await scheduler.stop();
  vi.useRealTimers();
});

const everyMinute = () => anySchedule({ cron: '* * * * *', createdAt: Date.now() });

describe('the scheduler', () => {
  test('ticks at each time once, and tells the recorder', async () => {
    schedules = [everyMinute()];
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(3 * 60_000 + 500);
    expect(keys()).toEqual([
      'schedule/nightly/2026-01-01T00:01:00.000Z',
      'schedule/nightly/2026-01-01T00:02:00.000Z',
      'schedule/nightly/2026-01-01T00:03:00.000Z',
    ]);
    expect(ticked()).toMatchObject([{ id: 'nightly' }, {}, { at: Date.parse('2026-01-01T00:03:00Z') }]);
  });

  test('does nothing while another producer leads', async () => {
    leads = false;
    schedules = [everyMinute()];
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(asked).toEqual([]);
    leads = true;
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(100);
    expect(keys()).toHaveLength(1);
  });

  test('takes up a schedule that has just been made', async () => {
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(10_000);
    schedules = [anySchedule({ everyMs: 5_000, createdAt: Date.now() })];
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(10_100);
    expect(keys()).toHaveLength(2);
  });

  test('asks again when the recorder was away, under the same key', async () => {
    schedules = [everyMinute()];
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(30_000);
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(29_000);
    fails = true;
    await vi.advanceTimersByTimeAsync(10_000);
    fails = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(keys().length).toBeGreaterThan(1);
    expect(new Set(keys())).toEqual(new Set(['schedule/nightly/2026-01-01T00:01:00.000Z']));
    expect(ticked()).toHaveLength(1);
  });

  test('is not held up by a schedule that is broken', async () => {
    schedules = [anySchedule({ id: 'broken', cron: 'what', createdAt: Date.now() }), everyMinute()];
    scheduler.reload();
    await vi.advanceTimersByTimeAsync(60_500);
    expect(keys()).toEqual(['schedule/nightly/2026-01-01T00:01:00.000Z']);
  });
});
