import { type EventType, eventStates, type JobEvent } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyHistoryOfEvents } from '../../test/any-events.ts';
import { started } from '../../test/job-events.ts';
import { compareMoments, endsJob } from './event-order.ts';
import { type JobHistory, mergeEvent } from './merge-events.ts';

const fold = (events: readonly JobEvent[], known?: JobHistory) =>
  events.reduce<JobHistory | undefined>(mergeEvent, known) as JobHistory;

describe('merging events', () => {
  test('gives the same history in any order', () => {
    const events = anyHistoryOfEvents().chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(events, ([list, shuffled]) => {
        expect(fold(shuffled)).toEqual(fold(list));
      }),
    );
  });

  test('is not changed by events that come again', () => {
    const events = anyHistoryOfEvents().chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list)),
    );
    fc.assert(
      fc.property(events, ([list, again]) => {
        const once = fold(list);
        expect(fold(again, once)).toBe(once);
        expect(fold([...again, ...list])).toEqual(once);
      }),
    );
  });

  test('gives the same history when it is stored and read between any two batches', () => {
    const events = anyHistoryOfEvents().chain((list) =>
      fc.tuple(fc.constant(list), fc.nat(list.length), fc.nat(list.length)),
    );
    fc.assert(
      fc.property(events, ([list, one, other]) => {
        const cuts = [0, Math.min(one, other), Math.max(one, other), list.length];
        let history: JobHistory | undefined;
        for (let i = 0; i < 3; i++) {
          const batch = list.slice(cuts[i], cuts[i + 1]);
          if (batch.length > 0) history = fold(batch, history && forgetEvents(history));
        }
        expect(history && withoutEvents(history)).toEqual(withoutEvents(fold(list)));
      }),
    );
  });

  test('leaves the state to the highest of generation, terminal or not, attempt and rank', () => {
    fc.assert(
      fc.property(anyHistoryOfEvents(), (events) => {
        const highest = events.toSorted(byTheRule).at(-1) as JobEvent;
        expect(eventStates[fold(events).outcome.moment.type]).toBe(eventStates[highest.type]);
      }),
    );
  });

  test('keeps the newest hundred attempts of a job that crashes for ever', () => {
    const attempts = Array.from({ length: 150 }, (_, n) =>
      started('job-1', { attempt: n + 1, run: `run-${n}` }),
    );
    const inOrder = fold(attempts);
    expect(inOrder.attempts.map((attempt) => attempt.number)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 51),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(attempts, { minLength: 150 }), (shuffled) => {
        expect(fold(shuffled).attempts).toEqual(inOrder.attempts);
      }),
      { numRuns: 20 },
    );
  });

  test('orders any two different events one way', () => {
    const pair = anyHistoryOfEvents().chain((list) =>
      fc.tuple(fc.constantFrom(...list), fc.constantFrom(...list)),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(compareMoments(a, b) + compareMoments(b, a)).toBe(0);
        if (compareMoments(a, b) === 0) expect(a).toEqual(b);
      }),
    );
  });
});

/** The rule of the design, written down a second time. */
const TERMINAL_RANKS = ['expired', 'failed', 'dead', 'cancelled', 'succeeded'];
const RANKS = ['queued', 'replayed', 'delayed', 'running', 'retrying', 'waiting', ...TERMINAL_RANKS];
function byTheRule(a: JobEvent, b: JobEvent): number {
  const rank = (type: EventType) =>
    RANKS.indexOf(type === 'replayed' || type === 'waiting' ? type : eventStates[type]);
  return (
    a.generation - b.generation ||
    Number(endsJob(a.type)) - Number(endsJob(b.type)) ||
    a.attempt - b.attempt ||
    rank(a.type) - rank(b.type)
  );
}

/** What is left of the events after a history has been written and read. */
function forgetEvents(history: JobHistory): JobHistory {
  const { event: _accepted, ...origin } = history.origin;
  const { moment, errorCode } = history.outcome;
  const { type, generation, attempt, run, seq, at } = moment;
  return {
    ...history,
    origin,
    outcome: { moment: { type, generation, attempt, run, seq, at }, errorCode },
    attempts: JSON.parse(JSON.stringify(history.attempts)) as JobHistory['attempts'],
    progress: JSON.parse(JSON.stringify(history.progress)) as JobHistory['progress'],
    edit: history.edit && { moment: history.edit.moment },
  };
}
const withoutEvents = forgetEvents;
