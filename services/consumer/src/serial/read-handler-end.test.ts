import { commit, defineState, defineTask, waitForChange } from '@heddle/client';
import { MAX_STATE_BYTES } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { someRun } from '../../test/some-run.ts';
import { readHandlerEnd, stateFor } from './read-handler-end.ts';

const balances = defineState({
  name: 'balances',
  schema: z.object({ cents: z.int() }),
  initial: { cents: 0 },
});
const task = defineTask({
  name: 'ledger.note',
  input: z.unknown(),
  output: z.string(),
  serialBy: () => 'one',
  state: balances,
  run: () => 'noted',
});
const endOf = (result: unknown, job = {}) =>
  readHandlerEnd(someRun(task, { job }).run, { state: 'succeeded', result }, 1_000);

describe('what a handler returns', () => {
  it('is a result, alone or with a new state', () => {
    expect(endOf('noted')).toEqual({ outcome: { state: 'succeeded', result: 'noted' } });
    expect(endOf(commit({ cents: 5 }, 'noted'))).toEqual({
      outcome: { state: 'succeeded', result: 'noted' },
      state: { value: { cents: 5 }, text: '{"cents":5}' },
    });
  });

  it('fails with what the schema of the state expected and got', () => {
    expect(endOf(commit({ cents: 'x' }, 'noted'))).toMatchObject({
      outcome: { error: { issues: [{ path: 'state.cents', message: 'expected number, got string' }] } },
    });
  });

  it.each([
    ['a state that does not fit its schema', commit({ cents: 0.5 }, 'noted'), 'invalid_state'],
    ['a result that does not fit its schema', commit({ cents: 5 }, 7), 'invalid_output'],
    ['a result that is too large', commit({ cents: 5 }, 'x'.repeat(2_000)), 'output_too_large'],
  ])('fails with %s, and changes nothing', (_, returned, code) => {
    expect(endOf(returned)).toEqual({
      outcome: expect.objectContaining({ state: 'failed', error: expect.objectContaining({ code }) }),
    });
  });

  it('fails with a state that is too large to be kept', () => {
    const free = defineTask({ name: 'ledger.note', input: z.unknown(), serialBy: () => 'one', run: () => 1 });
    const end = (letters: number) =>
      readHandlerEnd(
        someRun(free).run,
        { state: 'succeeded', result: commit('x'.repeat(letters), undefined) },
        1_000,
      );
    expect(end(MAX_STATE_BYTES - 2)).toMatchObject({ outcome: { state: 'succeeded' } });
    expect(end(MAX_STATE_BYTES - 1)).toMatchObject({
      outcome: { state: 'failed', error: { code: 'state_too_large' } },
    });
  });

  it('is the wish to wait until a time, counted from the first wait', () => {
    const until = new Date(Date.now() + 60_000);
    expect(endOf(waitForChange({ until }))).toMatchObject({ waiting: { until: until.getTime() } });
    const before = { since: 1_000, until: Date.now() + 5_000 };
    expect(endOf(waitForChange({ until }), { waiting: before })).toEqual({ waiting: before });
    const over = { since: 1_000, until: Date.now() - 1 };
    expect(endOf(waitForChange({ until }), { waiting: over })).toMatchObject({
      outcome: { state: 'failed', error: { code: 'wait_timed_out' } },
    });
  });

  it('cannot be a wait until a time that is none', () => {
    const wait = (until: unknown) => () => waitForChange({ until: until as Date });
    expect(wait(new Date('30s'))).toThrow('expected a valid Date as "until", got Invalid Date');
    expect(wait('2030-01-31T12:00:00Z')).toThrow('got "2030-01-31T12:00:00Z"');
  });
});

it('a run sees the state that was kept, checked against its schema as it is now', () => {
  const { run } = someRun(task);
  expect(stateFor(run, undefined)).toEqual({ cents: 0 });
  expect(stateFor(run, '{"cents":3}')).toEqual({ cents: 3 });
  expect(() => stateFor(run, '{"euros":3}')).toThrow(expect.objectContaining({ code: 'invalid_state' }));
});
