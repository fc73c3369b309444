import type { Comparison, Limit, Measurement, Outcome, Series } from './benchmark.ts';
import { median } from './median.ts';

interface RoundOptions {
  readonly rounds: number;
  readonly warmUp: boolean;
  /** Called after each round with its figure. */
  onRound?: ((name: string, contestant: 'ours' | 'reference', figure: number) => void) | undefined;
}

/** Measures for `rounds` rounds. A comparison's contestants take turns, so that a machine that slows down slows both. */
export function runRounds(measurement: Measurement, options: RoundOptions): Promise<Outcome> {
  return measurement.kind === 'comparison' ? compare(measurement, options) : limit(measurement, options);
}

async function compare(comparison: Comparison, options: RoundOptions): Promise<Outcome> {
  if (options.warmUp) {
    await comparison.ours();
    await comparison.reference();
  }
  const ours: number[] = [];
  const reference: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    ours.push(await measured(comparison.name, 'ours', comparison.ours(), options));
    reference.push(await measured(comparison.name, 'reference', comparison.reference(), options));
  }
  const oursSeries = series(ours);
  const referenceSeries = series(reference);
  const ratio = oursSeries.median / referenceSeries.median;
  return {
    kind: comparison.kind,
    name: comparison.name,
    unit: comparison.unit,
    ours: oursSeries,
    reference: referenceSeries,
    ratio,
    target: comparison.target,
    met: comparison.target === undefined ? undefined : ratio >= comparison.target,
  };
}

async function limit(watched: Limit, options: RoundOptions): Promise<Outcome> {
  if (options.warmUp) {
    await watched.ours();
    await watched.reference?.();
  }
  const figures: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    figures.push(await measured(watched.name, 'ours', watched.ours(), options));
    const bare = watched.reference?.();
    if (bare) references.push(await measured(watched.name, 'reference', bare, options));
  }
  const ours = series(figures);
  const reference = references.length > 0 ? series(references) : undefined;
  const limited = ours.median - (watched.above && reference ? reference.median : 0);
  return {
    kind: watched.kind,
    name: watched.name,
    unit: watched.unit,
    ours,
    reference,
    ratio: reference && ours.median / reference.median,
    target: watched.limit,
    ...(watched.above && { above: watched.above }),
    met: watched.limit === undefined ? undefined : limited <= watched.limit,
  };
}

async function measured(
  name: string,
  contestant: 'ours' | 'reference',
  figure: Promise<number>,
  options: RoundOptions,
): Promise<number> {
  const value = await figure;
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`${name}, ${contestant}: expected a figure above 0, got ${value}`);
  }
  options.onRound?.(name, contestant, value);
  return value;
}

function series(rounds: readonly number[]): Series {
  return { rounds, median: median(rounds) };
}
