import { expect, it } from 'vitest';
import { EndRates } from './end-rates.ts';

const counts = (succeeded: number, dead: number, queued = 0) =>
  [
    { task: 'a.b', state: 'succeeded', count: succeeded },
    { task: 'a.b', state: 'dead', count: dead },
    { task: 'a.b', state: 'queued', count: queued },
  ] as const;

it('tells how many jobs ended a second between two looks', () => {
  const rates = new EndRates();
  expect(rates.measure([...counts(10, 1)], 0)('a.b')).toBeNull();
  const second = rates.measure([...counts(19, 2, 500)], 4_000);
  expect([second('a.b'), second('c.d')]).toEqual([2.5, 0]);
});

it('tells nothing of a time that is long past, and never less than nothing', () => {
  const rates = new EndRates();
  rates.measure([...counts(10, 5)], 0);
  expect(rates.measure([...counts(10, 0)], 1_000)('a.b')).toBe(0);
  expect(rates.measure([...counts(99, 0)], 90_000)('a.b')).toBeNull();
});
