import { expect, test } from 'vitest';
import { anySchedule } from '../../test/any-schedule.ts';
import { submitOfTick } from './run-tick.ts';

test('a tick is submitted under a key of schedule and time, with the schedule’s options', () => {
  const options = {
    priority: 9,
    timeout: 5_000,
    ttl: 1_000,
    tags: ['a'],
    retry: { attempts: 3, delay: 100 },
  };
  expect(submitOfTick(anySchedule({ options }), 0, 50)).toMatchObject({
    op: 'submit',
    idempotencyKey: 'schedule/nightly/1970-01-01T00:00:00.000Z',
    job: {
      task: 'debug.echo',
      input: 1,
      priority: 9,
      timeoutMs: 5_000,
      deadline: 1_050,
      tags: ['a', 'schedule:nightly'],
      retry: { attempts: 3, delay: 100 },
    },
  });
});

test('the same tick of a changed schedule is the same request', () => {
  const before = submitOfTick(anySchedule({ input: 1 }), 0, 50);
  const after = submitOfTick(anySchedule({ input: 2 }), 0, 60);
  expect(after.fingerprint).toBe(before.fingerprint);
});
