import { expect, test } from 'vitest';
import type { Comparison, Limit } from './benchmark.ts';
import { runRounds } from './run-rounds.ts';

function comparison(
  ours: readonly number[],
  reference: readonly number[],
  target?: number,
): Comparison & { turns: string } {
  const left = { ours: [...ours], reference: [...reference] };
  const self = {
    kind: 'comparison' as const,
    name: 'made up',
    unit: 'jobs/s',
    target,
    turns: '',
    ours: () => {
      self.turns += 'A';
      return Promise.resolve(left.ours.shift() ?? 1);
    },
    reference: () => {
      self.turns += 'B';
      return Promise.resolve(left.reference.shift() ?? 1);
    },
  };
  return self;
}

test('the contestants take turns, and the warm-up is not counted', async () => {
  const measured = comparison([1, 70, 80, 90], [1, 100, 100, 100]);
  const outcome = await runRounds(measured, { rounds: 3, warmUp: true });
  expect(measured.turns).toBe('ABABABAB');
  expect(outcome.ours).toEqual({ rounds: [70, 80, 90], median: 80 });
});

test('the ratio is the one of the medians, not of lucky rounds', async () => {
  const outcome = await runRounds(comparison([10, 70, 1_000], [100, 90, 5]), { rounds: 3, warmUp: false });
  expect(outcome.ratio).toBeCloseTo(70 / 90);
});

test('a target is met from its exact value on', async () => {
  const met = await runRounds(comparison([70], [100], 0.7), { rounds: 1, warmUp: false });
  const missed = await runRounds(comparison([69.9], [100], 0.7), { rounds: 1, warmUp: false });
  expect([met.met, missed.met]).toEqual([true, false]);
});

test('a limit is met up to its exact value', async () => {
  const watched = (figure: number): Limit => ({
    kind: 'limit',
    name: 'memory',
    unit: 'MB',
    limit: 120,
    ours: () => Promise.resolve(figure),
  });
  const met = await runRounds(watched(120), { rounds: 2, warmUp: false });
  const missed = await runRounds(watched(121), { rounds: 2, warmUp: false });
  expect([met.met, missed.met]).toEqual([true, false]);
  expect(met.reference).toBeUndefined();
});

test('a limit may be one of what ours is above its reference', async () => {
  const above = (figure: number): Limit => ({
    kind: 'limit',
    name: 'latency',
    unit: 'ms',
    limit: 5,
    above: 'reference',
    ours: () => Promise.resolve(figure),
    reference: () => Promise.resolve(2),
  });
  const met = await runRounds(above(7), { rounds: 2, warmUp: true });
  const missed = await runRounds(above(7.1), { rounds: 2, warmUp: true });
  expect([met.met, missed.met]).toEqual([true, false]);
  expect(met.ratio).toBe(3.5);
});

test('a figure that cannot be true fails the benchmark', async () => {
  const broken = runRounds(comparison([Number.NaN], [1]), { rounds: 1, warmUp: false });
  await expect(broken).rejects.toThrow('made up, ours: expected a figure above 0, got NaN');
});
