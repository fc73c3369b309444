import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type EventType, eventStates } from './event.ts';
import { isTerminal, type JobState, jobStates } from './job.ts';

const document = readFileSync(new URL('../../../docs/lifecycle.md', import.meta.url), 'utf8');
const arrows = [...document.matchAll(/^ {2}(\S+) --> (\S+?)(?: : (\S+))?$/gm)].map(([, from, to, event]) => ({
  from,
  to,
  event,
}));

/** The rows of the table under a heading, as cells without backticks. */
function rowsUnder(heading: string): string[][] {
  const section = document.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `.*$/gm)].map(([row]) => row);
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
      .slice(1, -1),
  );
}

describe('docs/lifecycle.md', () => {
  test('describes each state, and whether it ends the job', () => {
    const described = Object.fromEntries(rowsUnder('States').map(([state, ends]) => [state, ends]));
    const expected = Object.fromEntries(jobStates.map((state) => [state, isTerminal(state) ? 'yes' : 'no']));
    expect(described).toEqual(expected);
  });

  test('describes each event, and the state after it', () => {
    const described = Object.fromEntries(rowsUnder('Events').map(([event, state]) => [event, state]));
    expect(described).toEqual(eventStates);
  });

  test('draws arrows between known states only, each to the state of its event', () => {
    const drawn = arrows.filter(({ event }) => event !== undefined);
    for (const { from, to, event } of drawn) {
      expect([...jobStates, '[*]']).toContain(from);
      expect(to, `${from} --> ${to} : ${event}`).toBe(eventStates[event as EventType]);
    }
    const events = new Set(drawn.map(({ event }) => event));
    expect(events).toEqual(new Set(Object.keys(eventStates)));
  });

  test('draws each state, and an end for exactly those that end a job', () => {
    const states = new Set(arrows.map(({ to }) => to).filter((to) => to !== '[*]'));
    expect(states).toEqual(new Set(jobStates));
    const ends = arrows.filter(({ to }) => to === '[*]').map(({ from }) => from);
    expect(new Set(ends)).toEqual(new Set(jobStates.filter(isTerminal)));
  });

  test('leaves a state that ends a job only by a replay', () => {
    const left = arrows.filter(({ from, to }) => isTerminal(from as JobState) && to !== '[*]');
    expect(left.map(({ event }) => event)).toEqual(left.map(() => 'replayed'));
  });
});
